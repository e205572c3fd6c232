import { addAttempt, type Target } from './attempts.ts';
import type { CallEvent } from './event.ts';
import {
  contradicts,
  failedBefore,
  familyTarget,
  inetTarget,
  isResolver,
  isTaken,
  type Network,
  noteSocket,
  UNKNOWN_TARGET,
} from './network.ts';
import { closeProbes, onProbe, onStream } from './probes.ts';
import type { Process } from './processes.ts';
import { unixTarget } from './unix.ts';

type Connect = Extract<CallEvent, { kind: 'connect' }>;

/** A question that nobody could read. */
export const UNREAD_QUESTION: Target = { protocol: 'dns', host: null, address: null, port: null };

const MOST_UNASKED = 10_000;

/** Judges a connection; false if it is not known where it led. */
export function onConnect(network: Network, process: Process, event: Connect): boolean {
  const { socket, address, result } = event;
  noteSocket(network, socket);
  closeUnasked(network, process, socket.fd);
  if (failedBefore(result)) return true;
  const contradicted = contradicts(socket, address, result);
  const target = targetOf(network, process, event);
  if (target !== null) addAttempt(network.attempts, process, target);
  if (contradicted) addAttempt(network.attempts, process, UNKNOWN_TARGET);
  return address.kind !== 'unknown' && !contradicted;
}

function targetOf(network: Network, process: Process, { socket, address, result }: Connect): Target | null {
  switch (address.kind) {
    case 'none':
      return null;
    case 'unknown':
      return UNKNOWN_TARGET;
    case 'other':
      return familyTarget(address.family);
    case 'unix':
      return unixTarget(address.path, result);
    case 'inet':
      if (socket.protocol === 'tcp') onStream(network, process, address);
      if (isResolver(address)) return openUnasked(network, process, socket.fd);
      if (socket.protocol === 'udp' && address.loopback) {
        onProbe(network, process, address, result);
        return null;
      }
      return isTaken(network, address, result) ? null : inetTarget(socket.protocol, address);
    default:
      return address satisfies never;
  }
}

/** Remembers a connection to the resolver until a question is seen on it, or it ends. */
function openUnasked(network: Network, process: Process, fd: number): Target | null {
  if (network.unasked >= MOST_UNASKED) return UNREAD_QUESTION;
  network.unasked += 1;
  process.unasked.set(fd, { program: process.program, step: process.step });
  return null;
}

/** Notes that a question was seen on a connection to the resolver. */
export function markAsked(network: Network, process: Process, fd: number): void {
  if (process.unasked.delete(fd)) network.unasked -= 1;
}

/** A descriptor stands for something else now; what it was is an attempt if nothing readable was asked on it. */
export function closeUnasked(network: Network, process: Process, fd: number): void {
  const connection = process.unasked.get(fd);
  if (connection === undefined) return;
  markAsked(network, process, fd);
  addAttempt(network.attempts, process, UNREAD_QUESTION, connection);
}

/** A process has ended, and with it all its connections. */
export function closeAll(network: Network, process: Process): void {
  for (const fd of [...process.unasked.keys()]) closeUnasked(network, process, fd);
  closeProbes(network, process);
}
