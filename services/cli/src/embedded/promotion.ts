import type { LedgerEvent } from '@drylane/dispatcher/ledger/event';
import { type Approval, bindingOf } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { forgetApply } from '@drylane/worker/promote/recover';
import { currentOwner, formatOwner } from '@drylane/worker/sandbox/owner';
import type { Desk } from './desk.ts';
import { type Dossier, openDossier, standing } from './dossier.ts';
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
  const dossier = { ...opened, approvals: await agreement(desk, opened) };
  if (mode === null) throw notPromotable(id, 'its envelope says promotion: none', 'submit it with another');
  let begun = false;
  const begin = async (): Promise<void> => {
    await claim(desk, dossier, mode);
    begun = true;
  };
  let promotion: Promotion;
  try {
    promotion = await land(dossier, options, begin);
  } catch (fault) {
    // What applies throws an error of ours only when all is as it was; of anything else nobody knows what happened.
    if (begun && mode === 'apply' && fault instanceof DrylaneError) await giveBack(desk, id, mode);
    else if (begun) await settle(desk, dossier, { ...NOTHING, mode, result: 'unknown' });
    throw fault;
  }
  if (!begun) throw neverBegan(id);
  const ended = await settle(desk, dossier, promotion);
  if (promotion.conflicts.length === 0) await forgetApply(desk.stateDir, id);
  return { ...ended, promotion };
}

/** The approvals that it lands by. @throws DrylaneError for a run that cannot land now. */
async function agreement(desk: Desk, dossier: Dossier): Promise<readonly Approval[]> {
  const { run } = dossier;
  if (run.state !== 'promotable' && run.state !== 'awaiting-live-approval')
    throw notPromotable(run.id, `it is ${run.state}`, MENDS[run.state] ?? 'rehearse the command again');
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

const MENDS: Partial<Record<Dossier['run']['state'], string>> = {
  promoting: 'another process is at it; if that one died: drylane recover',
  promoted: 'it landed already; nothing is left to do',
  unknown: 'a person has to look at the workspace; drylane show has what is known',
  blocked: 'change the command or its intent, and rehearse again',
};

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
async function claim(desk: Desk, { subject }: Dossier, mode: Promotion['mode']): Promise<void> {
  const events: LedgerEvent[] = [
    { type: 'claimed', owner: formatOwner(currentOwner()), mode, bound: bindingOf(subject) },
    { type: 'moved', to: 'promoting', reason: null },
  ];
  await desk.ledger.append(subject.run, events, Date.now()).catch((cause: unknown) => {
    if (cause instanceof DrylaneError && cause.code === 'illegal-transition')
      throw notPromotable(subject.run, 'another process took it first', 'see what came of it: drylane runs');
    throw cause;
  });
}

/** Records that nothing of it landed: it may be tried again. */
export async function giveBack(desk: Desk, id: RunId, mode: Promotion['mode']): Promise<void> {
  const events: LedgerEvent[] = [
    { type: 'settled', mode, result: 'rolled-back' },
    { type: 'moved', to: 'promotable', reason: 'nothing landed' },
  ];
  await desk.ledger.append(id, events, Date.now());
  await forgetApply(desk.stateDir, id);
}

const NOTHING = { merged: [], drifts: [], divergences: [], conflicts: [], evidence_digest: null };

/** Records what became of a promotion, with its receipt. */
export async function settle(desk: Desk, dossier: Dossier, promotion: Promotion): Promise<Ended> {
  const outcome = await keep(desk.blobs, promotion);
  const events: LedgerEvent[] = [
    {
      ...{ type: 'settled', mode: promotion.mode, result: promotion.result, outcome_digest: outcome },
      ...(promotion.evidence_digest === null ? {} : { evidence_digest: promotion.evidence_digest }),
    },
    { type: 'moved', to: promotion.result, reason: null },
  ];
  return endRun(desk, dossier, events, { approvals: dossier.approvals, promotion });
}
