import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { CHECKOUT } from '../journey/drylane.ts';
import { engineAt } from '../machine/engine.ts';
import { thisMachine } from '../machine/this-machine.ts';
import { FLEET_IMAGES, provideFleetImages } from './images.ts';
import { CAPABILITIES, LIVE_CAPABILITIES, SECURITY_OPTIONS, TMPFS, VOLUMES } from './rights.ts';

const READY_MS = 120_000;
const GiB = 2 ** 30;

/** What a command in a worker's container answered. */
interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A worker's container on this machine's engine, with the checkout to read. */
export interface NestedWorker extends AsyncDisposable {
  readonly container: Docker.Container;
  /** Runs a program in the container, on its own engine, until it ends. */
  run(command: readonly string[], cwd?: string): Promise<Answer>;
  /** Milliseconds from start until its engine was ready. */
  readonly readyMs: number;
  logs(): Promise<string>;
}

// Stands in for the worker: it does nothing, and drains for a moment when it is told to end.
const IDLE = `process.on('SIGTERM', () => setTimeout(() => { console.log('drained'); process.exit(0); }, 200));
console.log('the worker runs'); setInterval(() => {}, 1000);`;

/** Starts a worker's container with the rights of its lane and waits for its engine. */
export async function startNested(lane: 'rehearsal' | 'live'): Promise<NestedWorker> {
  const quiet = { line: () => undefined, during: <T>(_: string, work: () => Promise<T>) => work() };
  await provideFleetImages(thisMachine(quiet, true), ['worker']);
  const docker = engineAt();
  const rights = { ...CAPABILITIES, ...(lane === 'live' ? LIVE_CAPABILITIES : {}) };
  const container = await docker.createContainer({
    Image: FLEET_IMAGES.worker.tag,
    Cmd: ['node', '-e', IDLE],
    Labels: { 'dev.drylane.test': `nested-${process.pid}` },
    Volumes: Object.fromEntries(VOLUMES.map((path) => [path, {}])),
    HostConfig: {
      CapDrop: ['ALL'],
      CapAdd: Object.keys(rights),
      SecurityOpt: [...SECURITY_OPTIONS],
      ReadonlyRootfs: true,
      Tmpfs: { ...TMPFS, '/srv': 'mode=755' },
      Binds: [`${CHECKOUT}:/checkout:ro`],
      Memory: 4 * GiB,
      MemorySwap: 4 * GiB,
      NanoCpus: 2e9,
      PidsLimit: 4096,
    },
  });
  const began = performance.now();
  await container.start();
  const logs = async (): Promise<string> =>
    (await container.logs({ stdout: true, stderr: true })).toString('utf8');
  const until = began + READY_MS;
  while (!(await logs()).includes('the worker runs')) {
    if (performance.now() > until || !(await container.inspect()).State.Running) {
      const words = await logs();
      await removed(container);
      throw new Error(`the worker did not start: ${words}`);
    }
    await sleep(100);
  }
  return {
    container,
    readyMs: performance.now() - began,
    logs,
    run: (command, cwd = '/') => runIn(container, command, cwd),
    [Symbol.asyncDispose]: () => removed(container),
  };
}

/** Removes a container with its volumes, unless that was done already. */
async function removed(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error: unknown) => {
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 404)) throw error;
  });
}

async function runIn(container: Docker.Container, command: readonly string[], cwd: string): Promise<Answer> {
  const exec = await container.exec({
    Cmd: [...command],
    WorkingDir: cwd,
    Env: ['DOCKER_HOST=unix:///run/drylane/engine.sock', 'NO_COLOR=1'],
    AttachStdout: true,
    AttachStderr: true,
  });
  const both = await exec.start({});
  const [out, err] = [new PassThrough(), new PassThrough()];
  container.modem.demuxStream(both, out, err);
  both.once('end', () => {
    out.end();
    err.end();
  });
  const [stdout, stderr] = await Promise.all([text(out), text(err)]);
  return { status: (await exec.inspect()).ExitCode, stdout, stderr };
}
