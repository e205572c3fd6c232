import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const SERVICES = join(import.meta.dirname, '../../services');

/** A line of a process's log. */
type Line = Readonly<Record<string, unknown>>;

/** A process of a fleet. */
export interface FleetProcess {
  readonly child: ChildProcess;
  readonly lines: readonly Line[];
  /** The port that it said it listens on. */
  readonly port: number;
  /** Sends a signal and waits for the end; answers the exit status, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Starts a service as it is deployed, and waits until it says that it is up. */
export async function startProcess(
  service: 'dispatcher' | 'comparator' | 'worker',
  environment: Readonly<Record<string, string>>,
): Promise<FleetProcess> {
  const child = spawn(process.execPath, [join(SERVICES, service, 'src/main.ts')], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const [lines, errors]: [Line[], string[]] = [[], []];
  createInterface(child.stderr).on('line', (line) => void errors.push(line));
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (text) => {
      const line = lineOf(text);
      lines.push(line);
      if (line.msg === `the ${service} is up`) resolve(Number(line.port));
    });
    closed.then(() =>
      reject(new Error(`the ${service} ended: ${errors.join(' ')} ${JSON.stringify(lines.at(-1))}`)),
    );
  });
  return {
    ...{ child, lines, port },
    async end(signal) {
      child.kill(signal);
      await closed;
      return child.exitCode ?? String(child.signalCode);
    },
  };
}

/** What a line says; one that was cut off in the middle says nothing. */
function lineOf(text: string): Line {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
