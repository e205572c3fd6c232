import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DrylaneError } from '@drylane/proto/errors';

/** What flock(1) ends with where somebody else has the lock. */
const TAKEN = 1;

/**
 * Locks a directory that is open, until its descriptor is closed or this process is dead: flock(2) locks what is open,
 * not who asked, so a child can ask for us. No file is made that a dead process could leave behind.
 * @throws DrylaneError `not-promotable` when another has the lock, `machine-unfit` when it cannot be asked for.
 */
export async function lockDirectory(fd: number, workspace: string, program = 'flock'): Promise<void> {
  const child = spawn(program, ['-x', '-n', '3'], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  let status: unknown;
  try {
    [status] = await once(child, 'exit');
  } catch (cause) {
    const problem = {
      field: 'flock',
      message: 'cannot be run',
      mend: 'install it: apt-get install util-linux',
    };
    throw new DrylaneError('machine-unfit', problem, { cause });
  }
  if (status === 0) return;
  if (status === TAKEN)
    throw new DrylaneError('not-promotable', {
      field: workspace,
      message: 'another promotion is at work there, or somebody has locked the directory',
      mend: 'wait for it to end, and try again; lslocks tells who has it',
    });
  throw new DrylaneError('machine-unfit', {
    field: workspace,
    message: 'cannot be locked',
    mend: 'see that its file system knows flock',
  });
}
