import { SETTLEMENT } from '@drylane/dispatcher/ledger/advance';
import type { Run } from '@drylane/dispatcher/ledger/event';
import type { Digest } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { milliseconds } from '@drylane/proto/quantities';
import { forgetApply, recoverRun } from '@drylane/worker/promote/recover';
import { mayBeAlive, parseOwner } from '@drylane/worker/sandbox/owner';
import type { Desk } from './desk.ts';
import { openDossier } from './dossier.ts';
import { end, expire, NOTHING_KNOWN } from './ending.ts';
import { giveBack, settle } from './promotion.ts';
import { recall } from './record.ts';

/** What became of a run whose process died. */
export interface Recovered {
  readonly run_id: RunId;
  readonly result: 'promoted' | 'rolled-back' | 'unknown' | 'inconclusive';
  /** Paths that a person has to look at. */
  readonly conflicts: readonly string[];
}

/** Brings every run that a dead process was at to where it can stand; what nobody can know is recorded as unknown. */
export async function recoverRuns(desk: Desk): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (const run of await desk.ledger.unsettled()) {
    const owner = parseOwner(run.owner);
    if (owner === undefined || mayBeAlive(owner)) continue;
    // Another process may settle it at the same moment; the transition table lets only one.
    const result = await recoverOne(desk, run).catch(() => undefined);
    if (result !== undefined) recovered.push(result);
  }
  return recovered;
}

async function recoverOne(desk: Desk, run: Run): Promise<Recovered> {
  const id = RunId.parse(run.id);
  if (run.state === 'promoting') return recoverPromotion(desk, id, run.promotion_mode ?? 'rerun');
  const moves = SETTLEMENT[run.state as keyof typeof SETTLEMENT];
  const events = moves.map((to) => ({ type: 'moved' as const, to, reason: 'its process died' }));
  await end(desk, id, events, NOTHING_KNOWN);
  return { run_id: id, result: 'inconclusive', conflicts: [] };
}

/** A promotion that applied is wholly there or wholly not; of a command that ran for real, nobody knows. */
async function recoverPromotion(desk: Desk, id: RunId, mode: Promotion['mode']): Promise<Recovered> {
  const files = await recoverRun(desk.stateDir, id);
  // Without a journal, nothing of the workspace was touched.
  const result = mode === 'rerun' ? 'unknown' : (files?.result ?? 'rolled-back');
  const conflicts = [...(files?.conflicts ?? [])];
  if (result === 'rolled-back') await giveBack(desk, id, mode);
  else {
    const promotion: Promotion = {
      ...{ mode, result, merged: [], drifts: [], divergences: [], conflicts },
      evidence_digest: null,
    };
    await settle(desk, await openDossier(desk, id), promotion);
    if (conflicts.length === 0) await forgetApply(desk.stateDir, id);
  }
  return { run_id: id, result, conflicts };
}

/** Ends the runs that have waited longer than the policy that they were decided under lets them. */
export async function expireRuns(desk: Desk, nowMs: number): Promise<void> {
  const waits = new Map<Digest, number>();
  for (const run of await desk.ledger.expiring(nowMs)) {
    const digest = run.policy_digest;
    const waitMs = waits.get(digest) ?? (await waitOf(desk, digest));
    waits.set(digest, waitMs);
    if (nowMs < run.updated_ms + waitMs) continue;
    // Another process may be letting it land at this moment; the transition table lets only one.
    await expire(desk, await openDossier(desk, RunId.parse(run.id))).catch(() => undefined);
  }
}

async function waitOf({ blobs }: Desk, policy: Digest): Promise<number> {
  return milliseconds((await recall(blobs, 'policy', policy)).approvals.live.expires);
}
