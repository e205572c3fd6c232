import { type ChildProcess, spawn } from 'node:child_process';
import { type Ended, ending, endWithin } from './child.ts';

/** A process that others stand on: it has to outlive them. */
export interface Ground {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** How a command that runs on a ground is told to end, and how long that may take. */
export interface RunOptions {
  readonly command: readonly [program: string, ...args: string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Comes when the container is to end; the command then takes its own time to drain. */
  readonly stop: AbortSignal;
  /** How long a command may take to end when the ground is gone, in milliseconds. */
  readonly groundlessMs: number;
}

/** How it came to an end: the command by itself or on demand, or the ground before it. */
export type RunEnd =
  | { readonly kind: 'command'; readonly command: Ended }
  | { readonly kind: 'ground'; readonly ground: Ended };

/** Runs a command for as long as the ground holds. Its input and output are this process's own. */
export async function runOn(
  ground: Ground,
  { command, env, stop, groundlessMs }: RunOptions,
): Promise<RunEnd> {
  const [program, ...args] = command;
  const child = spawn(program, args, { env: { ...env }, stdio: 'inherit' });
  const ended = ending(child);
  const tell = (): void => void child.kill('SIGTERM');
  if (stop.aborted) tell();
  stop.addEventListener('abort', tell, { once: true });
  try {
    const first = await Promise.race([
      ended.then((end): RunEnd => ({ kind: 'command', command: end })),
      ground.ended.then((end): RunEnd => ({ kind: 'ground', ground: end })),
    ]);
    if (first.kind === 'ground') await endWithin(child, ended, groundlessMs);
    return first;
  } finally {
    stop.removeEventListener('abort', tell);
  }
}
