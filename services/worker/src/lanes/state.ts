import { closeSync, constants, mkdirSync, openSync, realpathSync } from 'node:fs';
import { DrylaneError } from '@drylane/proto/errors';
import { lockDirectory } from '../promote/lock.ts';

/** A state directory that this process has alone, until it is disposed of or the process is dead. */
export interface State extends Disposable {
  /** Its real path. */
  readonly directory: string;
}

/** Makes and takes a state directory. @throws DrylaneError `machine-unfit` where another process has it. */
export async function takeState(path: string): Promise<State> {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const directory = realpathSync(path);
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await lockDirectory(fd, directory);
  } catch (cause) {
    closeSync(fd);
    if (!(cause instanceof DrylaneError) || cause.code !== 'not-promotable') throw cause;
    const problem = {
      field: 'DRYLANE_STATE',
      message: 'another worker has this directory',
      mend: 'give each worker one of its own',
    };
    throw new DrylaneError('machine-unfit', problem, { cause });
  }
  return { directory, [Symbol.dispose]: () => closeSync(fd) };
}
