import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../../services/worker/src/main.ts');
/** Where Node keeps what it compiled: a process that finds it is up in half the time. */
const COMPILED = join(tmpdir(), 'node-compile-cache');

/** A line of a worker's log. */
type Line = Readonly<Record<string, unknown>>;

/** A worker process. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly lines: readonly Line[];
  /** Where it tells of its health. */
  readonly health: string;
  /** Waits until a line has such a message. */
  said(message: string): Promise<Line>;
  /** Sends a signal and waits for the end; answers the exit status, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Starts a worker and waits until it is up. */
export async function startWorker(environment: Readonly<Record<string, string>>): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: COMPILED,
      DRYLANE_HEALTH_HOST: '127.0.0.1',
      DRYLANE_HEALTH_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const lines: Line[] = [];
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  let wake = Promise.withResolvers<void>();
  const told = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  closed.then(told);
  createInterface(child.stdout).on('line', (line) => {
    lines.push(JSON.parse(line));
    told();
  });
  const said = async (message: string): Promise<Line> => {
    for (;;) {
      const line = lines.find(({ msg }) => msg === message);
      if (line !== undefined) return line;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the worker ended: ${errors} ${JSON.stringify(lines.at(-1))}`);
      await wake.promise;
    }
  };
  const { port } = await said('the worker is up');
  return {
    ...{ child, lines, said, health: `http://127.0.0.1:${port}` },
    async end(signal) {
      child.kill(signal);
      await closed;
      return child.exitCode ?? String(child.signalCode);
    },
  };
}
