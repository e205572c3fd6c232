import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const SERVICES = join(import.meta.dirname, '../../services');
/** Where Node keeps what it compiled: a process that finds it is up in half the time. */
const COMPILED = join(tmpdir(), 'node-compile-cache');

/** A line of a process's log. */
export type Line = Readonly<Record<string, unknown>>;

/** A process of a fleet. */
export interface FleetProcess {
  /** The id of the process, or of the program that it was started on. */
  readonly pid: number;
  /** Whether it was started on a program, and is apart with it. */
  readonly isApart: boolean;
  readonly lines: readonly Line[];
  /** The port that it said it listens on. */
  readonly port: number;
  /** Answers when it has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** Sends a signal and waits for the end; answers the exit status, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** A program that runs what its arguments say in namespaces of its own, of which nothing outlives the first in them. */
const APART = ['unshare', '--pid', '--mount-proc', '--fork', '--kill-child', '--'] as const;

/** How a process is started, where it is not alone. */
interface StartOptions {
  /** The program that it runs on, with the first of its arguments; both are apart from this machine's others then. */
  readonly ground?: readonly string[];
  /** Hears each line of its log. */
  readonly hear?: (line: Line) => void;
  /** Ends it where it is not up yet. */
  readonly giveUp?: AbortSignal;
}

/** Starts a service as it is deployed, and waits until it says that it is up. */
export async function startProcess(
  service: 'dispatcher' | 'comparator' | 'worker',
  environment: Readonly<Record<string, string>>,
  { ground = [], hear, giveUp }: StartOptions = {},
): Promise<FleetProcess> {
  const isApart = ground.length > 0;
  const [program = process.execPath, ...words] = isApart ? [...APART, ...ground, process.execPath] : [];
  const child = spawn(program, [...words, join(SERVICES, service, 'src/main.ts')], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILED, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const [lines, errors]: [Line[], string[]] = [[], []];
  createInterface(child.stderr).on('line', (line) => void errors.push(line));
  const kill = (): boolean => child.kill('SIGTERM');
  giveUp?.addEventListener('abort', kill);
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (text) => {
      const line = lineOf(text);
      lines.push(line);
      hear?.(line);
      if (line.msg === `the ${service} is up`) resolve(Number(line.port));
    });
    closed.then(() =>
      reject(new Error(`the ${service} ended: ${errors.join(' ')} ${JSON.stringify(lines.at(-1))}`)),
    );
  }).finally(() => giveUp?.removeEventListener('abort', kill));
  const pid = (isApart ? childrenOf(child.pid)[0] : child.pid) ?? 0;
  return {
    ...{ pid, isApart, lines, port, ended: closed },
    async end(signal) {
      // What it was started by passes no signal on.
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
      await closed;
      return child.exitCode ?? String(child.signalCode);
    },
  };
}

/** The ids of the processes that a process has started and that have not ended. */
export function childrenOf(pid = 0): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** What a line says; one that was cut off in the middle says nothing. */
function lineOf(text: string): Line {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
