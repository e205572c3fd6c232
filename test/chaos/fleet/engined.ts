import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createLogger } from '@drylane/chassis/logger/logger';
import { fileSink } from '@drylane/chassis/logger/sink';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { runOnOwnEngine } from '@drylane/worker/engine/own';
import { placesIn } from './engines.ts';

/**
 * `node engined.ts DIRECTORY PROGRAM…`: a program on an engine of its own, as in a worker's container. It has to be the
 * first process of its namespaces.
 */
async function main([directory = '', program = '', ...args]: readonly string[]): Promise<number> {
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  const sink = fileSink(2, () => undefined);
  const log = createLogger({ service: 'engine', level: 'info', redactor: createRedactor([]), sink });
  // What the engine starts has its sockets here, which would be left behind.
  mkdirSync('/run/containerd', { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run/containerd']);
  return runOnOwnEngine({
    places: placesIn(directory),
    // Without a network of its own, it would take the machine's bridge away, which it is told not to have.
    engine: ['unshare', '--net', '--', 'dockerd'],
    command: [program, ...args],
    ...{ stop: stop.signal, log },
  });
}

process.exit(await main(process.argv.slice(2)));
