import { recallDocument } from '@drylane/chassis/blobs/documents';
import type { Job as QueuedJob } from '@drylane/chassis/transport/transport';
import { ChangeSet } from '@drylane/proto/change-set';
import type { Digest } from '@drylane/proto/digest';
import { NOTHING_TOLD, type Promotion } from '@drylane/proto/promotion';
import { type Job, type Landed, PromotionTask, Weighed } from '@drylane/proto/task';
import { land } from '../promote/land.ts';
import { isSameDirectory, WORKSPACE_DRIFT } from '../promote/place.ts';
import { isStillClaimed, settleBy } from './claiming.ts';
import { checkFence } from './ground.ts';
import type { LiveLane } from './lane.ts';
import type { ClaimNote } from './notes.ts';
import { taskOf } from './tasks.ts';
import { tell } from './telling.ts';

/** A change set, under the digest that was approved; null where nothing is to be changed. */
export type Landing = { readonly changeSet: ChangeSet; readonly digest: Digest } | null;

/** Lets a change set land in the very directory that was rehearsed on. */
export async function applyTo(
  lane: Pick<LiveLane, 'blobs' | 'stateDir'>,
  { place, run }: Pick<PromotionTask, 'place' | 'run'>,
  landing: Landing,
): Promise<Omit<Promotion, 'mode'>> {
  if (!(await isSameDirectory(place)))
    return { ...NOTHING_TOLD, result: 'drifted', drifts: [WORKSPACE_DRIFT] };
  if (landing === null) return { ...NOTHING_TOLD, result: 'promoted' };
  return { ...NOTHING_TOLD, ...(await land(lane, { runId: run, place, merge: false, ...landing })) };
}

/**
 * Lets what a command changed that ran again land, where a comparator found that it did what its rehearsal did. It never
 * gives a run back: its command has run.
 * @throws where nobody weighed it; then nobody knows what came of it.
 */
export async function landRan(
  lane: LiveLane,
  job: Job,
  { before, signal: lost }: QueuedJob,
): Promise<Landed> {
  if (before?.ok !== true) throw new Error('nobody weighed what the command did');
  const weighed = Weighed.parse(before.value);
  if ('landed' in weighed) return weighed.landed;
  const { ran, divergences } = weighed;
  const { owner, change_set: digest } = ran;
  const told = { ...NOTHING_TOLD, mode: 'rerun' as const, evidence_digest: ran.evidence };
  const ended = (promotion: Promotion): Landed => ({ result: 'ended', promotion, owner });
  if (divergences.length > 0) return ended({ ...told, result: 'diverged', divergences });
  if (digest === null) return ended({ ...told, result: 'promoted' });
  const task = await taskOf(lane.blobs, PromotionTask, job);
  checkFence(lane, task.place.path);
  const changeSet = await recallDocument(lane.blobs, ChangeSet, digest);
  if (!(await tell(lane, job.run))) throw new Error('how an earlier claim of it ended is not told yet');
  // Whoever has a claim may say so again, and hears whether it still is one: the run may have been given up meanwhile.
  const signal = AbortSignal.any([lost, lane.giveUp]);
  const claimed = { owner, mode: 'rerun', bound: task.bound, signal } as const;
  if (!(await isStillClaimed(lane, job.run, claimed))) return ended({ ...told, result: 'unknown' });
  const note: ClaimNote = { run: job.run, mode: 'rerun', owner, heard: true, landed: null };
  lane.notes.write(note);
  return settleBy(lane, note, async () => {
    const applied = await applyTo(lane, task, { changeSet, digest });
    return { ...told, ...applied, evidence_digest: ran.evidence };
  });
}
