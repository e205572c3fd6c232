import { DrylaneError } from '@drylane/proto/errors';
import { printable } from '@drylane/proto/fields';

const NAME_LENGTH = 200;

/** A tree or a name that is not taken, with what to do about it; `field` may be hostile. */
export function refused(field: string, message: string, mend: string, cause?: unknown): DrylaneError {
  const problem = { field: printable(field, NAME_LENGTH), message, mend };
  return new DrylaneError('bad-input', problem, cause === undefined ? {} : { cause });
}

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What the system refused while a tree was written or read, as an error for a person; an error of ours stays what it is. */
export function systemRefused(field: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof DrylaneError || !('syscall' in cause)) return cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'an error';
  const problem = NO_ROOM.has(code)
    ? { message: 'the disk has no room for it', mend: 'make room, and try again' }
    : { message: `the system answered ${code}`, mend: 'mend that, and try again' };
  return new DrylaneError('machine-unfit', { field: printable(field, NAME_LENGTH), ...problem }, { cause });
}
