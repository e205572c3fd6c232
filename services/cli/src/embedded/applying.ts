import { realpath } from 'node:fs/promises';
import type { StoredBytes } from '@drylane/chassis/blobs/blobs';
import type { BlobRef, ChangeSet } from '@drylane/proto/change-set';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { identityOf } from '@drylane/worker/changeset/whole';
import { forgetApply } from '@drylane/worker/promote/recover';
import { keepApart } from './apart.ts';
import { type LocalDesk, openDesk } from './desk.ts';
import { applyTo } from './landing.ts';
import { freshOwner, ownersIn, withOwners } from './owners.ts';
import { recoverRuns } from './recovery.ts';

/** A change set of a fleet, and where it shall land on this machine. */
export interface Foreign {
  readonly run: RunId;
  readonly changeSet: ChangeSet;
  /** As the fleet names it, and as an approval stands for it. */
  readonly digest: Digest;
  readonly directory: string;
  readonly merge: boolean;
  /** The bytes of its layer, or of its bases. */
  readonly fetch: (part: 'layer' | 'bases') => Promise<AsyncIterable<Uint8Array>>;
}

const NONE = { merged: [], drifts: [], divergences: [], conflicts: [], evidence_digest: null };

/**
 * Applies the change set of a fleet's run to a directory of this machine, as one of this machine's own is: all of it or
 * nothing, with its journal in the state directory, by which a killed one is finished or undone.
 * @throws DrylaneError where nothing landed.
 */
export async function applyHere(
  foreign: Foreign,
  stateDir: string,
  env: NodeJS.ProcessEnv,
): Promise<Promotion> {
  const { run, changeSet, digest } = foreign;
  if (digestOfJson(changeSet) !== digest) throw otherBytes('the change set', digest);
  const directory = await realDirectory(foreign.directory);
  await keepApart({ working_dir: directory }, stateDir);
  await using desk = await openDesk(stateDir, env);
  await recoverRuns(desk);
  const identity = await identityOf(directory);
  await fetchAll(desk, foreign);
  const mine = await withOwners(changeSet, ownersIn(directory), await freshOwner(directory));
  const outcome = await applyTo(desk, {
    ...{ runId: run, changeSet: mine, digest: digestOfJson(mine), merge: foreign.merge },
    place: { path: directory, ...identity, fingerprint: null },
  });
  const promotion: Promotion = { ...NONE, ...outcome, mode: 'apply' };
  if (promotion.conflicts.length === 0) await forgetApply(stateDir, run);
  return promotion;
}

/** Keeps the contents in the state directory; those that are there already are not fetched again. */
async function fetchAll({ blobs }: LocalDesk, { changeSet, fetch }: Foreign): Promise<void> {
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
