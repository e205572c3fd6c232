import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import Docker from 'dockerode';
import { type Ended, ending, endWithin } from './child.ts';
import type { Ground } from './run.ts';

const LOOK_MS = 50;
const ANSWER_MS = 5_000;

/** How an engine is started. */
export interface StartOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly socket: string;
  /** How long it may take to answer, in milliseconds. */
  readonly patienceMs: number;
  /** Hears what the engine writes, line by line. */
  readonly onLine: (line: string) => unknown;
  /** Comes when the container is to end before the engine answers. */
  readonly stop: AbortSignal;
}

/** An engine that answers. */
export interface RunningEngine extends Ground {
  readonly docker: Docker;
}

/**
 * Starts an engine and waits until it answers.
 * @throws DrylaneError `machine-unfit` when it ends early, stays silent, or nobody wants it any more; it is ended then.
 */
export async function startEngine(options: StartOptions): Promise<RunningEngine> {
  // A group of its own, so that a signal for ours does not end it first; and nothing of our environment, which has tokens.
  const child = spawn(options.program, options.args, {
    cwd: '/',
    detached: true,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TMPDIR: '/tmp' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  createInterface({ input: child.stderr }).on('line', options.onLine);
  const ended = ending(child);
  const docker = new Docker({ socketPath: options.socket, host: undefined });
  const trouble = await untilAnswering(docker, ended, options);
  if (trouble === null) return { child, ended, docker };
  await endWithin(child, ended, options.patienceMs);
  throw new DrylaneError('machine-unfit', {
    field: 'engine',
    message: `the worker's own engine does not run: ${trouble}`,
    mend: 'read what it wrote above; capabilities and volumes must be those of docker-compose.yml',
  });
}

/** Null once it answers, else why it never will. */
async function untilAnswering(
  docker: Docker,
  ended: Promise<Ended>,
  options: StartOptions,
): Promise<string | null> {
  const until = performance.now() + options.patienceMs;
  while (performance.now() < until) {
    if (options.stop.aborted) return 'it was told to end';
    const early = await Promise.race([ended, sleep(LOOK_MS)]);
    if (early !== undefined) return `it ended with ${early.words}`;
    if (await answers(docker)) return null;
  }
  return `no answer in ${options.patienceMs / 1000} s`;
}

/** A socket that takes a question and does not answer is asked again. */
function answers(docker: Docker): Promise<boolean> {
  const asked = docker.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([asked, sleep(ANSWER_MS, false, { ref: false })]);
}
