import { realpath } from 'node:fs/promises';
import type { StoredBytes } from '@drylane/chassis/blobs/blobs';
import type { BlobRef, ChangeSet } from '@drylane/proto/change-set';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { NOTHING_TOLD } from '@drylane/proto/promotion';
import { identityOf } from '@drylane/worker/changeset/whole';
import { land } from '@drylane/worker/promote/land';
import { makeStateDirectory } from '../state.ts';
import { keepApart } from './apart.ts';
import { type LocalDesk, openDesk } from './desk.ts';
import { freshOwner, ownersIn, withOwners } from './owners.ts';
import { recoverRuns } from './recovery.ts';
import { type Landing, landTaken, type TakingDesk } from './taking.ts';

/** What a fleet's run changed. */
export interface Change {
  readonly changeSet: ChangeSet;
  /** As the fleet names it, and as an approval stands for it. */
  readonly digest: Digest;
  /** The bytes of its layer, or of its bases. */
  readonly fetch: (part: 'layer' | 'bases') => Promise<AsyncIterable<Uint8Array>>;
}

/** A run of a fleet, and where it shall land on this machine. */
export interface Foreign {
  readonly run: RunId;
  /** What it stands for, as it was shown: the fleet lets nothing else be taken. */
  readonly bound: Digest;
  /** Null where it changed nothing. */
  readonly change: Change | null;
  readonly directory: string;
  readonly merge: boolean;
}

/**
 * Lets a fleet's run land in a directory of this machine, as one of this machine's own does: all of it or nothing, with
 * its journal in the state directory, by which a killed one is finished or undone. It is taken in its fleet right before.
 * @throws DrylaneError where nothing landed.
 */
export async function applyHere(
  foreign: Foreign,
  fleet: TakingDesk,
  stateDir: string,
  env: NodeJS.ProcessEnv,
): Promise<Landing> {
  const { change } = foreign;
  if (change !== null && digestOfJson(change.changeSet) !== change.digest)
    throw otherBytes('the change set', change.digest);
  const directory = await realDirectory(foreign.directory);
  await keepApart({ working_dir: directory }, stateDir);
  await using desk = await openDesk(stateDir, env);
  await recoverRuns(desk);
  // Everything that can fail before it is taken.
  const land = change === null ? undefined : await prepare(desk, foreign, change, directory);
  return await landTaken(stateDir, fleet, foreign, async () => ({
    ...{ ...NOTHING_TOLD, result: 'promoted', mode: 'apply' },
    ...(await land?.()),
  }));
}

/** Says in a fleet that a run has landed by other means, such as git am: it is taken and told of, and nothing is touched. */
export async function sayLanded(
  run: Pick<Foreign, 'run' | 'bound'>,
  fleet: TakingDesk,
  stateDir: string,
): Promise<Landing> {
  makeStateDirectory(stateDir);
  return landTaken(stateDir, fleet, run, async () => ({
    ...NOTHING_TOLD,
    result: 'promoted',
    mode: 'apply',
  }));
}

async function prepare(desk: LocalDesk, { run, merge }: Foreign, change: Change, directory: string) {
  const place = { path: directory, ...(await identityOf(directory)), fingerprint: null };
  await fetchAll(desk, change);
  const changeSet = await withOwners(change.changeSet, ownersIn(directory), await freshOwner(directory));
  const digest = digestOfJson(changeSet);
  return () => land(desk, { runId: run, changeSet, digest, merge, place });
}

/** Keeps the contents in the state directory; those that are there already are not fetched again. */
async function fetchAll({ blobs }: LocalDesk, { changeSet, fetch }: Change): Promise<void> {
  const parts = { layer: changeSet.layer, bases: changeSet.bases };
  for (const part of ['layer', 'bases'] as const) {
    const ref = parts[part];
    if (ref === null || (await blobs.has(ref.digest))) continue;
    const kept = await blobs.putStream(await fetch(part));
    if (!isSame(kept, ref)) throw otherBytes(`the ${part}`, ref.digest);
  }
}

const isSame = (kept: StoredBytes, ref: BlobRef): boolean =>
  kept.digest === ref.digest && kept.size === ref.size;

async function realDirectory(given: string): Promise<string> {
  return realpath(given).catch((cause: NodeJS.ErrnoException) => {
    const message = `${given} is not there (${cause.code})`;
    throw new DrylaneError(
      'bad-input',
      { field: '--workspace', message, mend: 'name the directory that the run was meant for' },
      { cause },
    );
  });
}

function otherBytes(what: string, digest: string): DrylaneError {
  return new DrylaneError('unavailable', {
    field: digest,
    message: `names ${what}, and other bytes came: nothing was touched`,
    mend: 'try again; if it comes again, tell whoever runs the fleet',
  });
}
