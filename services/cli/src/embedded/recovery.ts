import { openDossier } from '@drylane/dispatcher/desk/dossier';
import { end, expire, NOTHING_KNOWN } from '@drylane/dispatcher/desk/ending';
import { recall } from '@drylane/dispatcher/desk/record';
import { SETTLEMENT } from '@drylane/dispatcher/ledger/advance';
import type { Run } from '@drylane/dispatcher/ledger/event';
import type { Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { milliseconds } from '@drylane/proto/quantities';
import { recoverRun } from '@drylane/worker/promote/recover';
import { mayBeAlive, parseOwner } from '@drylane/worker/sandbox/owner';
import type { LocalDesk } from './desk.ts';
import { settleFiles } from './promotion.ts';

/** What became of a run whose process died. */
export interface Recovered {
  readonly run_id: RunId;
  readonly result: 'promoted' | 'rolled-back' | 'unknown' | 'inconclusive' | 'failed';
  /** Paths that a person has to look at. */
  readonly conflicts: readonly string[];
  /** Why it could not be recovered; null where it was. */
  readonly reason: string | null;
}

/** Brings every run that a dead process was at to where it can stand; what nobody can know is recorded as unknown. */
export async function recoverRuns(desk: LocalDesk): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (const run of await desk.ledger.unsettled()) {
    const owner = parseOwner(run.owner);
    if (owner === undefined || mayBeAlive(owner)) continue;
    const result = await recoverOne(desk, run).catch((fault: unknown) => failed(run, fault));
    if (result !== undefined) recovered.push(result);
  }
  return recovered;
}

/** A run that could not be recovered; undefined where another process did at the same moment: the ledger lets only one. */
function failed(run: Run, fault: unknown): Recovered | undefined {
  if (fault instanceof DrylaneError && fault.code === 'illegal-transition') return undefined;
  const reason = fault instanceof Error ? fault.message : String(fault);
  return { run_id: RunId.parse(run.id), result: 'failed', conflicts: [], reason };
}

async function recoverOne(desk: LocalDesk, run: Run): Promise<Recovered> {
  const id = RunId.parse(run.id);
  if (run.state === 'promoting') {
    const claim = { mode: run.promotion_mode ?? 'rerun', owner: run.owner } as const;
    const files = await recoverRun(desk.stateDir, id);
    const result = await settleFiles(desk, await openDossier(desk, id), claim, files);
    return { run_id: id, result, conflicts: files?.conflicts ?? [], reason: null };
  }
  const moves = SETTLEMENT[run.state as keyof typeof SETTLEMENT];
  const events = moves.map((to) => ({ type: 'moved' as const, to, reason: 'its process died' }));
  await end(desk, id, events, NOTHING_KNOWN);
  return { run_id: id, result: 'inconclusive', conflicts: [], reason: null };
}

/** Ends the runs that have waited longer than the policy that they were decided under lets them. */
export async function expireRuns(desk: LocalDesk, nowMs: number): Promise<void> {
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

async function waitOf({ blobs }: LocalDesk, policy: Digest): Promise<number> {
  return milliseconds((await recall(blobs, 'policy', policy)).approvals.live.expires);
}
