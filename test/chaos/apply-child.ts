import { createReadStream, readFileSync } from 'node:fs';
import { ChangeSet } from '@drylane/proto/change-set';
import { DrylaneError } from '@drylane/proto/errors';
import { apply } from '@drylane/worker/promote/apply';
import { faultyDisk } from '@drylane/worker/promote/faulty.fixture';
import { recover } from '@drylane/worker/promote/recover';

/** What a child process is to do, and the call before which it kills itself; 0 for none. */
export interface Errand {
  readonly work: 'apply' | 'recover';
  readonly workspace: string;
  readonly stateDir: string;
  /** The directory that holds the change set and its layer. */
  readonly made: string;
  readonly runId: string;
  readonly at: number;
}

/** The script that a child process runs, with an {@link Errand} as JSON for its only argument. */
export const CHILD = import.meta.filename;

async function run({ work, workspace, stateDir, made, runId, at }: Errand): Promise<unknown> {
  const { disk } = faultyDisk(at, { kind: 'kill', when: 'before' });
  const { changeSet, digest } = JSON.parse(readFileSync(`${made}/change-set.json`, 'utf8'));
  const request = {
    ...{ runId, workspace, stateDir, digest, bases: null, merge: false },
    ...{ changeSet: ChangeSet.parse(changeSet), layer: () => createReadStream(`${made}/layer.tar`) },
  };
  // From here on it may be killed at any moment.
  process.stdout.write('begun\n');
  return work === 'recover' ? recover(stateDir, disk) : apply(request, disk);
}

if (import.meta.main)
  try {
    const answer = await run(JSON.parse(process.argv[2] ?? ''));
    process.stdout.write(`ended ${JSON.stringify(answer)}\n`);
  } catch (cause) {
    if (!(cause instanceof DrylaneError)) throw cause;
    process.stdout.write(`ended ${JSON.stringify({ code: cause.code, problems: cause.problems })}\n`);
  }
