import { DrylaneError } from '@drylane/proto/errors';
import { keyOfPath, pathOf } from '../evidence/keys.ts';
import { mountsBelow } from '../sandbox/overlay.ts';
import type { Arrangement, Made } from './arrange.ts';
import { stageContents } from './contents.ts';
import { type Disk, realDisk } from './disk.ts';
import { isFew, syncEffects, syncStage } from './durable.ts';
import type { Drift } from './effect.ts';
import { type Attempt, goBack, goForward } from './ending.ts';
import { type Ground, openGround, unfit } from './ground.ts';
import type { Journal } from './journal.ts';
import { lockDirectory } from './lock.ts';
import { mergeStaged } from './merging.ts';
import { type Progress, performAll, told } from './progress.ts';
import { planPromotion } from './promote.ts';
import { beginJournal, checkRequest, refuseLeftovers } from './refuse.ts';
import type { ApplyOutcome, ApplyRequest } from './request.ts';
import { takeSnapshot } from './snapshot.ts';
import { createBuilder, makeStage, stageName } from './stage.ts';
import { holdTimes } from './times.ts';

export type { Drift } from './effect.ts';
export type { ApplyOutcome, ApplyRequest } from './request.ts';

/**
 * Makes a change set land, all of it or nothing, whatever happens in between: what is there is held against what it was
 * rehearsed on, everything new is written beside it, and then it is a matter of renaming, which the journal can undo.
 * @throws DrylaneError when nothing landed and nothing is left of it: `not-promotable` where something else is at work
 * there, `machine-unfit` where the system refused, `internal` for a change set that is another than its digest says.
 */
export async function apply(request: ApplyRequest, disk: Disk = realDisk): Promise<ApplyOutcome> {
  const rooted = checkRequest(request);
  using ground = openGround(disk, request.workspace);
  await lockDirectory(ground.root, request.workspace);
  const elsewhere = otherDirectory(ground, request);
  if (elsewhere !== undefined) return { result: 'drifted', drifts: [elsewhere] };
  refuseLeftovers(ground, request, rooted);
  const mounts = (await mountsBelow(request.workspace)).map(keyOfPath);
  const snapshot = await takeSnapshot(ground, rooted, mounts);
  const plan = planPromotion(request.changeSet, snapshot, request.merge);
  if (plan.result === 'drifted') return plan;
  using journal = beginJournal(ground, request);
  return await land(ground, journal, request, plan);
}

/** What the workspace's path leads to, where that is not what was rehearsed on. */
function otherDirectory(ground: Ground, { root, workspace }: ApplyRequest): Drift | undefined {
  if (root === undefined) return undefined;
  const { dev, ino } = ground.disk.fstat(ground.root);
  if (`${dev}` === root.dev && `${ino}` === root.ino) return undefined;
  return { path: '.', expected: `the directory that was rehearsed on as ${workspace}`, found: 'another one' };
}

async function land(
  ground: Ground,
  journal: Journal,
  request: ApplyRequest,
  plan: Arrangement,
): Promise<ApplyOutcome> {
  const progress: Progress = { stage: undefined, staged: new Map(), held: [], begun: [] };
  const name = stageName(request.runId);
  let stopped: readonly Drift[] | DrylaneError;
  try {
    stopped = await proceed(ground, journal, request, plan, progress);
  } catch (cause) {
    stopped = unfit('', cause);
  }
  const { stage, staged, held, begun } = progress;
  const attempt: Attempt = { ground, journal, stage, stageName: name, effects: begun, staged, held };
  try {
    if (!(stopped instanceof DrylaneError) && stopped.length === 0) {
      goForward(attempt);
      return { result: 'promoted', merged: mergedPaths(plan.made) };
    }
    // Whether it was committed is what the journal will be read as; until then all stays as it is.
    if (!journal.isClear && begun.length > 0) return { result: 'unknown', conflicts: [name] };
    const conflicts = await goBack(attempt);
    if (conflicts.length > 0) return { result: 'unknown', conflicts };
  } finally {
    stage?.[Symbol.dispose]();
  }
  if (stopped instanceof DrylaneError) throw stopped;
  return { result: 'drifted', drifts: stopped };
}

/** Everything up to the commit; the answer names what others changed meanwhile, and nothing where it is committed. */
async function proceed(
  ground: Ground,
  journal: Journal,
  request: ApplyRequest,
  plan: Arrangement,
  progress: Progress,
): Promise<readonly Drift[]> {
  const stage = makeStage(ground, stageName(request.runId), journal);
  progress.stage = stage;
  const builder = createBuilder(ground, stage, isFew(plan));
  progress.staged = builder.staged;
  await builder.frame(plan.made);
  await stageContents(builder, request.changeSet, plan.made, request.layer());
  const { entries, bases } = request.changeSet;
  const overlaps = await mergeStaged(ground, stage, builder, plan.made, {
    ...{ entries, ref: bases, bytes: request.bases },
  });
  if (overlaps.length > 0) return overlaps;
  await builder.close(plan.made);
  syncStage(ground, stage, plan);
  const { effects } = plan;
  const astray = await told('', () => {
    progress.held = holdTimes(ground, effects);
    return undefined;
  });
  if (astray !== undefined) return [astray];
  const { staged, held } = progress;
  journal.append({ record: 'planned', effects, staged, merged: mergedPaths(plan.made), held });
  const drift = await performAll(ground, stage, plan, progress);
  if (drift !== undefined) return [drift];
  syncEffects(ground, stage, plan);
  journal.append({ record: 'committed' });
  return [];
}

const mergedPaths = (made: readonly Made[]): string[] =>
  made.filter(({ merge }) => merge !== null).map(({ key }) => pathOf(key));
