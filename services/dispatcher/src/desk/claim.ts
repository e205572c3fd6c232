import { type Approval, bindingOf, type PromotionMode } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import type { LedgerEvent } from '../ledger/event.ts';
import type { Desk } from './desk.ts';
import { type Dossier, standing } from './dossier.ts';
import { notNow } from './ended.ts';
import { type Ended, endRun } from './ending.ts';
import { keep } from './record.ts';

/** A run that a process has taken to land it: by what mode, and whose it is. */
export interface ClaimOf {
  readonly mode: PromotionMode;
  readonly owner: string;
  /** The principal whose process that is; left out on one machine. */
  readonly claimant?: string;
}

/** The approvals that a run lands by. @throws DrylaneError `approval-needed` or `not-promotable` where it cannot land now. */
export async function agreementOn(desk: Desk, dossier: Dossier): Promise<readonly Approval[]> {
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

/**
 * Takes a run for one process alone; of two that try, the ledger lets one.
 * @throws DrylaneError `not-promotable` for the other.
 */
export async function claimRun(desk: Desk, { subject }: Dossier, claim: ClaimOf): Promise<void> {
  const events: LedgerEvent[] = [
    { type: 'claimed', ...claim, bound: bindingOf(subject) },
    { type: 'moved', to: 'promoting', reason: null },
  ];
  await desk.ledger.append(subject.run, events, Date.now()).catch((cause: unknown) => {
    if (!(cause instanceof DrylaneError) || cause.code !== 'illegal-transition') throw cause;
    throw new DrylaneError('not-promotable', {
      field: subject.run,
      message: 'another process took it first',
      mend: 'see what came of it: drylane runs',
    });
  });
}

/** Records that nothing of a claimed run landed: it may be tried again. */
export async function giveBack(desk: Desk, id: RunId, { mode, owner }: ClaimOf): Promise<void> {
  const events: LedgerEvent[] = [
    { type: 'settled', owner, mode, result: 'rolled-back' },
    { type: 'moved', to: 'promotable', reason: 'nothing landed' },
  ];
  await desk.ledger.append(id, events, Date.now());
}

/** Records what became of a promotion, with its receipt; the ledger refuses it for a claim of another process. */
export async function settleClaim(
  desk: Desk,
  dossier: Dossier,
  promotion: Promotion,
  owner: string,
): Promise<Ended> {
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
