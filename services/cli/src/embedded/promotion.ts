import type { LedgerEvent } from '@drylane/dispatcher/ledger/event';
import { type Approval, bindingOf } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { forgetApply, recoverRun } from '@drylane/worker/promote/recover';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import type { Desk } from './desk.ts';
import { type Dossier, openDossier, standing } from './dossier.ts';
import { notNow } from './ended.ts';
import { type Ended, endRun, expireIfDue } from './ending.ts';
import { keep } from './record.ts';

/** What a promotion is told besides which run it is of. */
export interface PromotionOptions {
  /** Whether texts that others changed meanwhile are merged where the changes do not overlap. */
  readonly merge: boolean;
}

/**
 * Makes one run land, by its mode. It calls `begin` once, before anything is touched: until then every fault is harmless.
 * After it, landing by `apply` throws an error of ours only where it is proven that nothing landed.
 */
export type Landing = (
  dossier: Dossier,
  options: PromotionOptions,
  begin: () => Promise<void>,
) => Promise<Promotion>;

/**
 * Promotes a run: at most once, only while everything it was approved for is as it was, and with a receipt whatever
 * came of it.
 * @throws DrylaneError `approval-needed`, `not-promotable`, or `machine-unfit` where nothing landed and it may be tried again.
 */
export async function promoteRun(
  desk: Desk,
  id: RunId,
  land: Landing,
  options: PromotionOptions,
): Promise<Ended & { readonly promotion: Promotion }> {
  const opened = await openDossier(desk, id);
  const { mode } = opened;
  await expireIfDue(desk, opened, Date.now());
  const approvals = await agreement(desk, opened);
  const dossier = { ...opened, approvals };
  if (mode === null)
    throw notPromotable(id, 'its envelope says promotion: none', 'submit it with --promotion auto');
  if (options.merge && approvals.length > 0)
    throw notPromotable(id, 'was approved as it is, and a merge is another', MERGE);
  // Before anything is touched: what has landed has to leave a receipt.
  await desk.signer();
  const mine: Claim = { mode, owner: formatOwner(currentOwner()) };
  let begun = false;
  const begin = async (): Promise<void> => {
    await claim(desk, dossier, mine);
    begun = true;
  };
  let promotion: Promotion;
  try {
    promotion = await land(dossier, options, begin);
  } catch (fault) {
    // What cannot be settled now is settled by recovery; what went wrong first is what a person has to know.
    if (begun) await settleFault(desk, dossier, mine).catch(() => undefined);
    throw fault;
  }
  if (!begun) throw neverBegan(id);
  const ended = await settle(desk, dossier, promotion, mine.owner);
  if (promotion.conflicts.length === 0) await forgetApply(desk.stateDir, id);
  return { ...ended, promotion };
}

/** A run that a process has taken to land it: by what mode, and whose it is. */
export interface Claim {
  readonly mode: Promotion['mode'];
  readonly owner: string;
}

const MERGE = 'apply it without --merge, or rehearse again on what is there now';

/** After a fault, the journal says what of the files landed; what a command that ran for real did, nobody knows. */
async function settleFault(desk: Desk, dossier: Dossier, claimed: Claim): Promise<void> {
  const id = dossier.subject.run;
  const files = await recoverRun(desk.stateDir, id);
  await settleFiles(desk, dossier, claimed, files);
}

/**
 * Records what became of a claim that its process did not end, by what recovery found of the files.
 * @returns the state that it is recorded as; `rolled-back` may be tried again.
 */
export async function settleFiles(
  desk: Desk,
  dossier: Dossier,
  { mode, owner }: Claim,
  files: Found | undefined,
): Promise<Found['result']> {
  const id = dossier.subject.run;
  // Without a journal, nothing of the workspace was touched.
  const result = mode === 'rerun' ? 'unknown' : (files?.result ?? 'rolled-back');
  const conflicts = [...(files?.conflicts ?? [])];
  if (result === 'rolled-back') await giveBack(desk, id, { mode, owner });
  else {
    await settle(desk, dossier, { ...NOTHING, mode, result, conflicts }, owner);
    if (conflicts.length === 0) await forgetApply(desk.stateDir, id);
  }
  return result;
}

type Found = Pick<NonNullable<Awaited<ReturnType<typeof recoverRun>>>, 'result' | 'conflicts'>;

/** The approvals that it lands by. @throws DrylaneError for a run that cannot land now. */
async function agreement(desk: Desk, dossier: Dossier): Promise<readonly Approval[]> {
  const { run } = dossier;
  if (run.state !== 'promotable' && run.state !== 'awaiting-live-approval') throw notNow(run);
  const now = await standing(desk, dossier, Date.now());
  if (now.status === 'given' && run.state === 'promotable') return now.approvals;
  if (now.status === 'missing' || run.state === 'awaiting-live-approval')
    throw new DrylaneError('approval-needed', {
      field: run.id,
      message: 'a person has to agree before it lands',
      mend: `drylane approve ${run.id}`,
    });
  return [];
}

function neverBegan(id: string): DrylaneError {
  return new DrylaneError('machine-unfit', {
    field: id,
    message: 'ran out of time before the command could start, so nothing was run',
    mend: 'try again when the machine is less busy, or raise limits.timeout',
  });
}

function notPromotable(id: string, message: string, mend: string): DrylaneError {
  return new DrylaneError('not-promotable', { field: id, message, mend });
}

/** Takes the run for this process alone; of two that try, the ledger lets one. */
async function claim(desk: Desk, { subject }: Dossier, { mode, owner }: Claim): Promise<void> {
  const events: LedgerEvent[] = [
    { type: 'claimed', owner, mode, bound: bindingOf(subject) },
    { type: 'moved', to: 'promoting', reason: null },
  ];
  await desk.ledger.append(subject.run, events, Date.now()).catch((cause: unknown) => {
    if (cause instanceof DrylaneError && cause.code === 'illegal-transition')
      throw notPromotable(subject.run, 'another process took it first', 'see what came of it: drylane runs');
    throw cause;
  });
}

/** Records that nothing of it landed: it may be tried again. */
async function giveBack(desk: Desk, id: RunId, { mode, owner }: Claim): Promise<void> {
  const events: LedgerEvent[] = [
    { type: 'settled', owner, mode, result: 'rolled-back' },
    { type: 'moved', to: 'promotable', reason: 'nothing landed' },
  ];
  await desk.ledger.append(id, events, Date.now());
  await forgetApply(desk.stateDir, id);
}

const NOTHING = { merged: [], drifts: [], divergences: [], conflicts: [], evidence_digest: null };

/** Records what became of a promotion, with its receipt; the ledger refuses it for a claim of another process. */
async function settle(desk: Desk, dossier: Dossier, promotion: Promotion, owner: string): Promise<Ended> {
  const outcome = await keep(desk.blobs, promotion);
  const events: LedgerEvent[] = [
    {
      ...{ type: 'settled', owner, mode: promotion.mode, result: promotion.result, outcome_digest: outcome },
      ...(promotion.evidence_digest === null ? {} : { evidence_digest: promotion.evidence_digest }),
    },
    { type: 'moved', to: promotion.result, reason: null },
  ];
  return endRun(desk, dossier, events, { approvals: dossier.approvals, promotion });
}
