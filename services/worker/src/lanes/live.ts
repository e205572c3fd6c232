import { randomBytes } from 'node:crypto';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { recallDocument } from '@drylane/chassis/blobs/documents';
import type { Redactor } from '@drylane/chassis/redact/redact';
import { inSpan } from '@drylane/chassis/tracing/tracing';
import type { Json, Work } from '@drylane/chassis/transport/transport';
import { ChangeSet } from '@drylane/proto/change-set';
import type { Promotion } from '@drylane/proto/promotion';
import { Job, type Landed, type Place, PromotionTask } from '@drylane/proto/task';
import { type ApplyOutcome, apply } from '../promote/apply.ts';
import { isSameDirectory, WORKSPACE_DRIFT } from '../promote/place.ts';
import { currentOwner, formatOwner } from '../sandbox/owner.ts';
import { reasonFor } from './faults.ts';
import { checkFence } from './ground.ts';
import type { ClaimNote } from './notes.ts';
import type { Counts } from './tally.ts';
import { taskOf } from './tasks.ts';
import { endOf, NOTHING, type Telling, tell } from './telling.ts';

/** What promotions of this worker stand on. */
export interface LiveLane extends Telling {
  readonly blobs: Blobs;
  /** Directories of this host in which workspaces may lie, as real paths. */
  readonly roots: readonly string[];
  readonly metrics: Counts;
  /** Knows what this process must tell nobody. */
  readonly redactor: Redactor;
}

/** Lets runs land: each is claimed with the dispatcher right before anything is touched, and never without. */
export function promotionWork(lane: LiveLane): Work {
  return async ({ data, attempt, trace }): Promise<Json> => {
    const job = Job.parse(data);
    const { run } = job;
    const log = lane.log.about({ run, stage: 'promote' });
    const facts = { run, stage: 'promote', lane: 'live', queue: 'promote', attempt };
    const startedMs = performance.now();
    const work = () => lane.turns(run, () => promote({ ...lane, log }, job));
    const landed = await inSpan('promote', facts, work, { from: trace ?? {}, kind: 'consumer' }).catch(
      (fault: unknown) => {
        log.error('nobody knows yet how a promotion ended', { fault });
        throw new Error(reasonFor(fault, lane.redactor));
      },
    );
    const seconds = (performance.now() - startedMs) / 1000;
    lane.metrics.observe('drylane_stage_duration_seconds', { stage: 'promote' }, seconds);
    if (landed.result === 'ended' && landed.promotion.result === 'drifted')
      lane.metrics.count('drylane_drift_total', {});
    log.info('a promotion ended', { result: landed.result });
    return landed;
  };
}

async function promote(lane: LiveLane, job: Job): Promise<Landed> {
  const { log, notes, dispatcher } = lane;
  const owner = `${formatOwner(currentOwner())}.${randomBytes(8).toString('hex')}`;
  const untouched = (reason: string): Landed => ({ result: 'untouched', reason, owner });
  let prepared: Prepared;
  try {
    prepared = await prepare(lane, job);
  } catch (fault) {
    log.warn('a promotion was not begun', { fault });
    return untouched(reasonFor(fault, lane.redactor));
  }
  const { task } = prepared;
  if (task.mode === 'rerun') return untouched('this worker does not run commands again');
  // What is still to be told of an earlier claim would be lost with its note.
  if (!(await tell(lane, job.run))) return untouched('how an earlier claim of it ended is not told yet');
  const note: ClaimNote = { run: job.run, mode: task.mode, owner, landed: null };
  notes.write(note);
  const claim = await dispatcher.claim(job.run, { owner, mode: task.mode, bound: task.bound });
  log.info('a claim was made', { claim });
  if (claim.result === 'claimed') return land(lane, prepared, note);
  if (claim.result === 'refused') {
    notes.forget(job.run);
    return untouched(`the dispatcher did not let it be claimed (${claim.status})`);
  }
  // If the claim was heard after all, the note gives it back as soon as somebody listens.
  notes.write({ ...note, landed: { result: 'rolled-back', reason: claim.why, owner } });
  return untouched(claim.why);
}

interface Prepared {
  readonly task: PromotionTask;
  /** Null where nothing is to be changed. */
  readonly changeSet: ChangeSet | null;
}

/** Everything that can be known to fail before the run is claimed. */
async function prepare({ blobs, ...lane }: LiveLane, job: Job): Promise<Prepared> {
  const task = await taskOf(blobs, PromotionTask, job);
  // A directory that went or was swapped is drift, and the end of the run; what is not ours to change is another's.
  checkFence(lane, task.place.path);
  const changeSet = task.change_set === null ? null : await recallDocument(blobs, ChangeSet, task.change_set);
  return { task, changeSet };
}

/** Lands what was claimed, and notes how that ended before anybody is told. */
async function land(lane: LiveLane, prepared: Prepared, note: ClaimNote): Promise<Landed> {
  const { owner } = note;
  let landed: Landed;
  try {
    landed = { result: 'ended', promotion: await applyTask(lane, prepared), owner };
  } catch (fault) {
    lane.log.error('an apply failed', { fault });
    // Whatever went wrong, the journal says what of the files landed.
    landed = await endOf(lane.stateDir, note, reasonFor(fault, lane.redactor));
  }
  lane.notes.write({ ...note, landed });
  return landed;
}

async function applyTask({ blobs, stateDir }: LiveLane, { task, changeSet }: Prepared): Promise<Promotion> {
  const { place, run, change_set: digest } = task;
  const told = { ...NOTHING, mode: 'apply' as const };
  if (!(await isSameDirectory(place))) return { ...told, result: 'drifted', drifts: [WORKSPACE_DRIFT] };
  if (changeSet === null || digest === null) return { ...told, result: 'promoted' };
  const { layer, bases } = changeSet;
  const outcome = await apply({
    ...{ runId: run, stateDir, changeSet, digest, merge: false },
    ...rootOf(place),
    layer: () => blobs.open(layer.digest),
    bases: bases === null ? null : () => blobs.open(bases.digest),
  });
  return { ...told, ...readable(outcome) };
}

const rootOf = (place: Place) => ({ workspace: place.path, root: place });

function readable(outcome: ApplyOutcome) {
  switch (outcome.result) {
    case 'promoted':
      return { result: outcome.result, merged: [...outcome.merged] };
    case 'drifted':
      return { result: outcome.result, drifts: outcome.drifts.map((drift) => ({ ...drift })) };
    case 'unknown':
      return { result: outcome.result, conflicts: [...outcome.conflicts] };
  }
}
