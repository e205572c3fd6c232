import { spawn } from 'node:child_process';
import { DrylaneError } from '@drylane/proto/errors';
import type { Ground } from './ground.ts';
import type { Stage } from './stage.ts';

/** Longer texts are not merged. */
export const MAX_MERGED_BYTES = 8 * 2 ** 20;
const TIMEOUT_MS = 60_000;

/** The three sides of a merge. */
export interface Sides {
  readonly live: Buffer;
  readonly base: Buffer;
  readonly after: Buffer;
}

/**
 * Merges two changes of one text, line by line; null where they overlap, or where a side is no text. Contents go through
 * files without a name in the stage, never through an argument.
 * @throws DrylaneError `machine-unfit` without diff3(1), Node's system errors.
 */
export async function mergeTexts(ground: Ground, stage: Stage, sides: Sides): Promise<Buffer | null> {
  const { live, base, after } = sides;
  if ([live, base, after].some((side) => side.length > MAX_MERGED_BYTES || side.includes(0))) return null;
  const fds: number[] = [];
  try {
    for (const side of [live, base, after]) fds.push(nameless(ground, stage, side));
    return await runDiff3(fds);
  } finally {
    for (const fd of fds) ground.disk.close(fd);
  }
}

function nameless({ disk }: Ground, { made }: Stage, bytes: Buffer): number {
  const fd = disk.create(made.at('merge'));
  try {
    disk.unlink(made.at('merge'));
    for (let done = 0; done < bytes.length; ) done += disk.write(fd, bytes, done);
    return fd;
  } catch (cause) {
    disk.close(fd);
    throw cause;
  }
}

/** -E takes a change that both sides made, and still ends with 1 for those that differ. */
function runDiff3(fds: readonly number[]): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('diff3', ['-m', '-E', '/dev/fd/3', '/dev/fd/4', '/dev/fd/5'], {
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore', ...fds],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (cause) => reject(missing(cause)));
    // 1 is an overlap, 2 a trouble, as with what diff takes for no text: not to merge is never wrong.
    child.on('close', (status) => resolve(status === 0 ? Buffer.concat(chunks) : null));
  });
}

const missing = (cause: unknown): DrylaneError =>
  new DrylaneError(
    'machine-unfit',
    { field: 'diff3', message: 'cannot be run', mend: 'install it: apt-get install diffutils' },
    { cause },
  );
