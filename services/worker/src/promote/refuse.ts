import { join } from 'node:path';
import { digestOfJson } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import { currentOwner, formatOwner } from '../sandbox/owner.ts';
import type { Held } from './effect.ts';
import { type Ground, unfit } from './ground.ts';
import { Journal, readJournal, removeJournal, unfitState } from './journal.ts';
import type { ApplyRequest } from './request.ts';
import { findRoots, incoherence, type Rooted } from './roots.ts';
import { stageName } from './stage.ts';
import { holdTime } from './times.ts';

/**
 * Holds a change set against the digest that was approved.
 * @throws DrylaneError `internal` where it is another, `not-promotable` where it could not land anywhere.
 */
export function checkRequest({ changeSet, digest }: ApplyRequest): readonly Rooted[] {
  if (digestOfJson(changeSet) !== digest)
    throw new DrylaneError('internal', {
      field: digest,
      message: 'the change set is another than this digest says',
      mend: 'rehearse again, and check the disk',
    });
  const rooted = findRoots(changeSet.entries);
  const wrong = incoherence(rooted);
  if (wrong === undefined) return rooted;
  throw notPromotable(wrong.path, wrong.message, 'rehearse the command again');
}

/**
 * Refuses where an earlier apply of the run left something, and where something else has the stage's name.
 * @throws DrylaneError `not-promotable`.
 */
export function refuseLeftovers(
  ground: Ground,
  { runId, stateDir }: ApplyRequest,
  rooted: readonly Rooted[],
): void {
  const journal = readJournal(stateDir, runId);
  if (journal !== undefined && (journal === 'spoilt' || journal.ended === undefined))
    throw notPromotable(runId, 'an earlier promotion of it was interrupted', 'drylane recover');
  if (journal?.ended === 'promoted')
    throw notPromotable(runId, 'it has landed already', 'see what came of it: drylane show');
  const name = stageName(runId);
  const isMeant = rooted.some(({ key }) => key === name || key.startsWith(`${name}/`));
  if (isMeant || stands(ground, name))
    throw notPromotable(
      name,
      'stands in the workspace, and drylane needs that name',
      'look at it, and take it away',
    );
  removeJournal(stateDir, runId);
}

function stands(ground: Ground, name: string): boolean {
  try {
    return ground.look(ground.live, name) !== undefined;
  } catch (cause) {
    throw unfit(name, cause);
  }
}

function notPromotable(field: string, message: string, mend: string): DrylaneError {
  return new DrylaneError('not-promotable', { field, message, mend });
}

function holdRoot(ground: Ground): Held {
  try {
    return holdTime(ground, '');
  } catch (cause) {
    throw unfit('', cause);
  }
}

/** Begins the journal of a run. @throws DrylaneError `machine-unfit` where it cannot be written. */
export function beginJournal(ground: Ground, { runId, workspace, digest, stateDir }: ApplyRequest): Journal {
  const held = holdRoot(ground);
  try {
    const { dev, ino } = ground.disk.fstat(ground.root);
    return Journal.begin(ground.disk, stateDir, {
      record: 'opened',
      ...{ runId, workspace, dev, ino, digest, held },
      stage: stageName(runId),
      owner: formatOwner(currentOwner()),
    });
  } catch (cause) {
    throw unfitState(join(stateDir, 'applies', runId), cause);
  }
}
