import { openDossier } from '@drylane/dispatcher/desk/dossier';
import { end, NOTHING_KNOWN } from '@drylane/dispatcher/desk/ending';
import { SETTLEMENT } from '@drylane/dispatcher/ledger/advance';
import type { Run } from '@drylane/dispatcher/ledger/event';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { isEnd } from '@drylane/proto/lifecycle';
import { forgetApply, recover, recoverRun } from '@drylane/worker/promote/recover';
import { stageName } from '@drylane/worker/promote/stage';
import { isVisible, mayBeAlive, parseOwner } from '@drylane/worker/sandbox/owner';
import type { LocalDesk } from './desk.ts';
import { settleFiles } from './promotion.ts';
import { isTakenIn } from './taken.ts';

/** What became of a run whose process died. */
export interface Recovered {
  readonly run_id: RunId;
  readonly result: 'promoted' | 'rolled-back' | 'unknown' | 'inconclusive' | 'failed';
  /** Paths that a person has to look at. */
  readonly conflicts: readonly string[];
  /** Why it could not be recovered; null where it was. */
  readonly reason: string | null;
}

/**
 * Brings every run that a dead process was at to where it can stand; what nobody can know is recorded as unknown. Then
 * finishes what is left in workspaces of runs that have ended.
 */
export async function recoverRuns(desk: LocalDesk): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (const run of await desk.ledger.unsettled()) {
    const result = await recoverIfDead(desk, run).catch((fault: unknown) => failed(run, fault));
    if (result !== undefined) recovered.push(result);
  }
  const told = new Set(recovered.map(({ run_id }) => run_id));
  const left = await tidyUp(desk);
  return [...recovered, ...left.filter(({ run_id }) => !told.has(run_id))];
}

async function recoverIfDead(desk: LocalDesk, run: Run): Promise<Recovered | undefined> {
  const owner = parseOwner(run.owner);
  if (owner === undefined) return undefined;
  if (!mayBeAlive(owner)) return recoverOne(desk, run);
  // Of a process in another PID namespace nobody here can tell; a workspace that it does not hold locked can.
  if (run.state !== 'promoting' || isVisible(owner)) return undefined;
  const files = run.promotion_mode === 'apply' ? await recoverRun(desk.stateDir, run.id) : undefined;
  if (files !== undefined) return recoverOne(desk, run);
  const reason = 'its process belongs to another container, and may live there';
  return { run_id: RunId.parse(run.id), result: 'failed', conflicts: [], reason };
}

/** What an apply whose end is known could not finish: to be swept now, or to be looked at by a person. */
async function tidyUp({ ledger, stateDir }: LocalDesk): Promise<readonly Recovered[]> {
  const left: Recovered[] = [];
  const isTaken = isTakenIn(stateDir);
  for (const { runId, result, conflicts } of await recover(stateDir).catch(() => [])) {
    const id = RunId.parse(runId);
    // Of what was taken in a fleet, the journal is all there is to tell it by.
    if (isTaken(id)) continue;
    const run = await ledger.readRun(id).then(({ run: found }) => found, unlessForeign);
    if (run !== undefined && !isEnd(run.state)) continue;
    if (conflicts.length === 0) await forgetApply(stateDir, id);
    // A fleet's run that was applied by a drylane which told no fleet.
    if (run === undefined && conflicts.length === 0)
      left.push({ run_id: id, result, conflicts: [], reason: null });
    if (conflicts.length > 0)
      left.push({ run_id: id, result: 'unknown', conflicts: [...conflicts, stageName(id)], reason: null });
  }
  return left;
}

/** A run of a fleet is in no ledger of this machine. */
function unlessForeign(fault: unknown): undefined {
  if (!(fault instanceof DrylaneError) || fault.code !== 'not-found') throw fault;
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
