import { addAttempt } from './attempts.ts';
import type { Result } from './line.ts';
import { type InetAddress, inetTarget, type Network } from './network.ts';
import type { Probe, Process } from './processes.ts';

const MOST_PROBES = 10_000;

/** Ports that C libraries connect to when they only want to know whether an address can be reached at all. */
const NO_PORTS: readonly number[] = [0, 65_535];

/**
 * Judges a datagram socket's connection to this machine. What is then written to it is not traced, so it counts as
 * an attempt. But C libraries connect such sockets to sort the addresses of a name and send nothing: those go to a port
 * that the same process then connects a stream to. So the answer waits for that, or for the end of the process.
 */
export function onProbe(network: Network, process: Process, address: InetAddress, { error }: Result): void {
  if (NO_PORTS.includes(address.port)) return;
  const { program, step } = process;
  const probe: Probe = { address: address.address, port: address.port, program, step };
  const failed = error !== null && error !== 'EADDRNOTAVAIL';
  if (failed || network.probes >= MOST_PROBES) {
    addAttempt(network.attempts, process, inetTarget('udp', address), probe);
    return;
  }
  const key = `${address.port} ${address.address}`;
  if (process.probes.has(key)) return;
  process.probes.set(key, probe);
  network.probes += 1;
}

/** Forgets what was a look ahead to a stream on this machine; the stream is judged itself. */
export function onStream(network: Network, process: Process, { port, loopback }: InetAddress): void {
  if (!loopback) return;
  for (const [key, probe] of process.probes) if (probe.port === port) forget(network, process, key);
}

/** What no stream followed is an attempt, unless somebody in the trace is reached there. */
export function closeProbes(network: Network, process: Process): void {
  for (const [key, probe] of process.probes) {
    forget(network, process, key);
    if (network.ports.has(probe.port) || network.listening.has(probe.port)) continue;
    addAttempt(network.attempts, process, inetTarget('udp', probe), probe);
  }
}

function forget(network: Network, process: Process, key: string): void {
  if (process.probes.delete(key)) network.probes -= 1;
}
