import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { makeToken } from '@drylane/dispatcher/access/token';
import { DrylaneError } from '@drylane/proto/errors';
import { takeState } from '@drylane/worker/lanes/state';
import { type Notice, noticeFile, tokenFile, upIn } from './notice.ts';

/** The one place that a `drylane up` has in a state directory, until it is released or the process is dead. */
export interface Hold {
  /** What whoever submits shows: made for this process, so that a dead one's opens nothing. */
  readonly token: string;
  /** Says, or says anew, what command lines find. */
  announce(notice: Notice): void;
  /** Takes back what was said, and the token. */
  withdraw(): void;
  /** The same, and lets go of the place. */
  release(): void;
}

/** Takes the place. @throws DrylaneError `machine-unfit` where another has it, or others than this user could be in it. */
export async function holdState(stateDir: string): Promise<Hold> {
  const state = await takeState(upIn(stateDir)).catch((cause: unknown) => {
    throw isTaken(cause) ? alreadyUp(stateDir, cause) : cause;
  });
  const withdraw = (): void => {
    for (const file of [noticeFile(stateDir), tokenFile(stateDir)]) rmSync(file, { force: true });
  };
  try {
    requireOwn(state.directory);
    // Of a dead one: what is said with another token would only be refused.
    withdraw();
    const token = makeToken().text;
    writeOwn(tokenFile(stateDir), `${token}\n`);
    return {
      token,
      announce: (notice) => writeOwn(noticeFile(stateDir), `${JSON.stringify(notice)}\n`),
      withdraw,
      release() {
        withdraw();
        state[Symbol.dispose]();
      },
    };
  } catch (fault) {
    state[Symbol.dispose]();
    throw fault;
  }
}

/** Writes a file that its owner alone may read, whole or not at all. */
function writeOwn(file: string, text: string): void {
  const half = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    const fd = openSync(half, 'wx', 0o600);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
    renameSync(half, file);
  } catch (fault) {
    rmSync(half, { force: true });
    throw fault;
  }
}

function requireOwn(directory: string): void {
  const { uid, mode } = statSync(directory);
  if (uid === process.geteuid?.() && (mode & 0o077) === 0) return;
  throw new DrylaneError('machine-unfit', {
    field: directory,
    message: 'is open to others than the user who runs this',
    mend: 'remove it, and start again',
  });
}

/** As {@link takeState} says it, and not of a file system that knows no locks. */
const isTaken = (fault: unknown): boolean =>
  fault instanceof DrylaneError && fault.problems[0]?.field === 'DRYLANE_STATE';

function alreadyUp(stateDir: string, cause: unknown): DrylaneError {
  const problem = {
    field: '--state',
    message: `a drylane up has ${stateDir} already`,
    mend: 'use that one, stop it, or name another directory',
  };
  return new DrylaneError('machine-unfit', problem, { cause });
}
