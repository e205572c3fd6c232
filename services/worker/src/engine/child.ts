import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

/** How a process ended; `status` is what a shell would say of it. */
export interface Ended {
  readonly status: number;
  readonly words: string;
}

/** Answers when the process has ended, or could not be started. */
export function ending(child: ChildProcess): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  child.once('error', ({ message }) => resolve({ status: 127, words: message }));
  child.once('exit', (code, signal) =>
    resolve(
      signal === null
        ? { status: code ?? 1, words: `status ${code}` }
        : { status: 128 + constants.signals[signal], words: signal },
    ),
  );
  return promise;
}

/** Tells a process to end, and after so many milliseconds does not ask any more. */
export async function endWithin(child: ChildProcess, ended: Promise<Ended>, ms: number): Promise<Ended> {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), ms);
  try {
    return await ended;
  } finally {
    clearTimeout(late);
  }
}
