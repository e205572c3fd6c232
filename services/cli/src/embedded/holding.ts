import { closeSync, constants, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { lockDirectory } from '@drylane/worker/promote/lock';

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * Holds a run for this process alone among those that use a directory, until it is let go or the process is dead: the
 * kernel keeps the lock, so nobody has to guess, in another container neither.
 * @throws DrylaneError `not-promotable` where another process has it.
 */
export async function holdRun(directory: string, run: RunId): Promise<Disposable> {
  const path = join(directory, `${run}.lock`);
  for (;;) {
    const fd = openSync(path, FLAGS, 0o600);
    try {
      await lockDirectory(fd, path);
      // Whoever let it go took its name away: a lock on what has no name any more keeps nobody out.
      if (isNamed(fd, path))
        return {
          [Symbol.dispose]() {
            rmSync(path, { force: true });
            closeSync(fd);
          },
        };
    } catch (cause) {
      closeSync(fd);
      throw isTaken(cause) ? busy(run) : cause;
    }
    closeSync(fd);
  }
}

function isNamed(fd: number, path: string): boolean {
  const [held, named] = [fstatSync(fd), statSync(path, { throwIfNoEntry: false })];
  return held.ino === named?.ino && held.dev === named.dev;
}

const isTaken = (cause: unknown): boolean => cause instanceof DrylaneError && cause.code === 'not-promotable';

function busy(run: RunId): DrylaneError {
  return new DrylaneError('not-promotable', {
    field: run,
    message: 'is landing at this moment, by another process of this machine',
    mend: `see what comes of it: drylane show ${run}`,
  });
}
