import { randomBytes } from 'node:crypto';
import { recallDocument } from '@drylane/chassis/blobs/documents';
import { inSpan } from '@drylane/chassis/tracing/tracing';
import type { Json, Job as QueuedJob, Work } from '@drylane/chassis/transport/transport';
import { ChangeSet } from '@drylane/proto/change-set';
import { DrylaneError } from '@drylane/proto/errors';
import { NOTHING_TOLD } from '@drylane/proto/promotion';
import { Job, type Landed, type Performed, PromotionTask } from '@drylane/proto/task';
import { WORKSPACE_DRIFT } from '../promote/place.ts';
import { currentOwner, formatOwner } from '../sandbox/owner.ts';
import { type RunningAgain, readyAgain, runAgain } from './again.ts';
import { claim, settleBy } from './claiming.ts';
import { reasonFor } from './faults.ts';
import { checkFence } from './ground.ts';
import { applyTo, type Landing, landRan } from './landing.ts';
import type { LiveLane, Reruns } from './lane.ts';
import type { ClaimNote } from './notes.ts';
import { taskOf } from './tasks.ts';
import { endOf, tell } from './telling.ts';

/** Lets runs land: each is claimed with the dispatcher right before anything is touched, and never without. */
export function promotionWork(lane: LiveLane): Work {
  return liveWork(lane, 'promote', (about, job) => promote(about, job));
}

/** Lets land what commands changed that ran again, once a comparator has weighed it. */
export function landingWork(lane: LiveLane): Work {
  return liveWork(lane, 'land', landRan);
}

type Act = (lane: LiveLane, job: Job, queued: QueuedJob) => Promise<Performed>;

function liveWork(lane: LiveLane, queue: 'promote' | 'land', act: Act): Work {
  return async (queued): Promise<Json> => {
    const job = Job.parse(queued.data);
    const { run } = job;
    const { attempt, trace } = queued;
    const log = lane.log.about({ run, stage: 'promote' });
    const startedMs = performance.now();
    const work = () => lane.turns(run, () => act({ ...lane, log }, job, queued));
    const facts = { run, stage: 'promote', lane: 'live', queue, attempt };
    const options = { from: trace ?? {}, kind: 'consumer' } as const;
    const performed = await inSpan(queue, facts, work, options).catch((fault: unknown) => {
      log.error('nobody knows yet how a promotion ended', { queue, fault });
      throw new Error(reasonFor(fault, lane.redactor));
    });
    const seconds = (performance.now() - startedMs) / 1000;
    lane.metrics.observe('drylane_stage_duration_seconds', { stage: 'promote' }, seconds);
    if (performed.result === 'ended' && performed.promotion.result === 'drifted')
      lane.metrics.count('drylane_drift_total', {});
    log.info('a promotion was worked on', { queue, result: performed.result });
    return performed;
  };
}

/** What is known of a promotion before it is claimed. */
type Prepared =
  | { readonly mode: 'apply'; readonly landing: Landing }
  | { readonly mode: 'rerun'; readonly reruns: Reruns; readonly running: RunningAgain };

async function promote(lane: LiveLane, job: Job): Promise<Performed> {
  const owner = `${formatOwner(currentOwner())}.${randomBytes(8).toString('hex')}`;
  const untouched = (reason: string): Landed => ({ result: 'untouched', reason, owner });
  let task: PromotionTask;
  let prepared: Prepared;
  try {
    task = await taskOf(lane.blobs, PromotionTask, job);
    prepared = await prepare(lane, task);
  } catch (fault) {
    lane.log.warn('a promotion was not begun', { fault });
    return untouched(reasonFor(fault, lane.redactor));
  }
  // What is still to be told of an earlier claim would be lost with its note.
  if (!(await tell(lane, job.run))) return untouched('how an earlier claim of it ended is not told yet');
  const { mode } = task;
  const note: ClaimNote = { run: job.run, mode, owner, heard: false, landed: null };
  if (prepared.mode === 'rerun' && prepared.running.untouched)
    return performAgain(lane, task, prepared, note);
  const refusal = await claim(lane, note, task.bound);
  if (refusal !== undefined) return refusal;
  return settleBy(lane, note, async () =>
    prepared.mode === 'rerun'
      ? { ...NOTHING_TOLD, mode, result: 'drifted', drifts: [WORKSPACE_DRIFT] }
      : { ...(await applyTo(lane, task, prepared.landing)), mode },
  );
}

/** Everything that can be known to fail before the run is claimed. */
async function prepare(lane: LiveLane, task: PromotionTask): Promise<Prepared> {
  const { blobs, reruns } = lane;
  const { mode, change_set: digest } = task;
  // A directory that went or was swapped is drift, and the end of the run; what is not ours to change is another's.
  checkFence(lane, task.place.path);
  if (mode === 'rerun') {
    if (reruns === null)
      throw notHere('this worker does not run commands again', 'start one with DRYLANE_RERUN');
    return { mode, reruns, running: await readyAgain(lane, reruns, task) };
  }
  const landing =
    digest === null ? null : { changeSet: await recallDocument(blobs, ChangeSet, digest), digest };
  return { mode, landing };
}

/** Runs a command for real, once it is claimed; what it changed is left for the queue `land`. */
async function performAgain(
  lane: LiveLane,
  { place, bound }: PromotionTask,
  { reruns, running }: Extract<Prepared, { mode: 'rerun' }>,
  note: ClaimNote,
): Promise<Performed> {
  const { owner, run } = note;
  let refusal: Landed | undefined;
  let begun = false;
  const begin = async (): Promise<void> => {
    refusal = await claim(lane, note, bound);
    if (refusal !== undefined) throw notHere('the run was not claimed', 'see what the dispatcher says');
    begun = true;
  };
  try {
    const ran = await runAgain(lane, reruns, running, { place, owner, begin });
    if (!begun) return { result: 'untouched', reason: 'the command had no time left to start', owner };
    // From here on the flow says what becomes of the claim: who lands it notes it again.
    lane.notes.forget(run);
    return ran;
  } catch (fault) {
    lane.log.error('a command did not run again to its end', { fault, begun });
    const reason = reasonFor(fault, lane.redactor);
    if (!begun) return refusal ?? { result: 'untouched', reason, owner };
    const landed = await endOf(lane.stateDir, { ...note, heard: true }, reason);
    lane.notes.write({ ...note, heard: true, landed });
    return landed;
  }
}

function notHere(message: string, mend: string): DrylaneError {
  return new DrylaneError('not-promotable', { field: 'promotion', message, mend });
}
