import type { Approval } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { milliseconds } from '@drylane/proto/quantities';
import { isEndState, type SignedReceipt } from '@drylane/proto/receipt';
import type { ReceiptRef } from '@drylane/proto/rehearsal';
import type { LedgerEvent, Run } from '../ledger/event.ts';
import type { Issue } from '../ledger/ledger.ts';
import { diffOf, type End, type EndFacts, statementOf } from '../receipt/receipt.ts';
import { type Signer, signReceipt } from '../receipt/sign.ts';
import type { Desk } from './desk.ts';
import type { Dossier } from './dossier.ts';
import { refOf } from './record.ts';

/** A run that has ended, and the receipt of it. */
export interface Ended {
  readonly run: Run;
  readonly receipt: ReceiptRef;
}

/** What is known of a run when it ends, besides the run itself. */
export type Known = Pick<
  EndFacts,
  'intent' | 'risk' | 'decision' | 'approvals' | 'evidence' | 'changeSetDigest'
>;

/** What is known of a run of which nothing was kept but its row. */
export const NOTHING_KNOWN: Known = {
  intent: null,
  risk: null,
  decision: null,
  approvals: [],
  evidence: null,
  changeSetDigest: null,
};

/**
 * Appends the events that end a run, and in the same transaction its receipt: there is no end without one, and no
 * receipt of an end that did not come.
 */
export async function end(
  { ledger, signer }: Pick<Desk, 'ledger' | 'signer'>,
  id: RunId,
  events: readonly LedgerEvent[],
  known: Known,
  promotion: Promotion | null = null,
): Promise<Ended> {
  const [key, timeMs] = [await signer(), Date.now()];
  const issue = issuerFor(key, id, timeMs, known, promotion);
  let issued: SignedReceipt | undefined;
  const run = await ledger.append(id, events, timeMs, (place) => {
    issued = issue(place);
    return issued;
  });
  if (issued === undefined) throw new TypeError('the ledger asked for no receipt');
  return { run, receipt: refOf(issued) };
}

/** Makes a run's receipt, for wherever it comes to stand in the chain. */
export function issuerFor(
  key: Signer,
  id: RunId,
  timeMs: number,
  known: Known,
  promotion: Promotion | null = null,
): Issue {
  return ({ sequence, previous, run: ended }) => {
    const facts: EndFacts = {
      ...known,
      ...{ run: id, task: ended.task, command: ended.command, timeMs },
      ...{ end: endOf(ended, promotion), reason: ended.reason },
      envelopeDigest: ended.envelope_digest,
      policyDigest: ended.policy_digest,
    };
    return signReceipt(statementOf(facts, { sequence, previous, signer: key.keyId }), key);
  };
}

/** Ends a run that was decided. */
export async function endRun(
  desk: Desk,
  dossier: Dossier,
  events: readonly LedgerEvent[],
  { approvals, promotion = null }: { approvals: readonly Approval[]; promotion?: Promotion | null },
): Promise<Ended> {
  return end(desk, dossier.subject.run, events, { ...knownOf(dossier), approvals }, promotion);
}

/** What a receipt says of a run that was decided. */
export function knownOf({
  run,
  judgement,
  evidence,
  approvals,
}: Pick<Dossier, 'run' | 'judgement' | 'evidence' | 'approvals'>): Known {
  const digest = run.evidence_digest;
  return {
    intent: judgement.envelope.intent,
    risk: judgement.risk,
    decision: judgement.decision,
    approvals,
    evidence: digest === null ? null : { digest, diff: diffOf(evidence) },
    changeSetDigest: run.change_set_digest,
  };
}

function endOf({ id, state, claimant }: Run, promotion: Promotion | null): End {
  if (!isEndState(state)) throw new TypeError(`${id} is ${state}, which is no end`);
  switch (state) {
    case 'promoted':
    case 'drifted':
    case 'diverged':
    case 'unknown':
      if (promotion === null) throw new TypeError(`${id} is ${state}, and nobody says of what`);
      return {
        state,
        promotion: {
          mode: promotion.mode,
          merged: promotion.merged,
          evidenceDigest: promotion.evidence_digest,
          ...(claimant !== null && { claimant }),
        },
      };
    default:
      return { state, promotion: null };
  }
}

/**
 * Ends a run that has waited longer than policy lets it.
 * @throws DrylaneError `not-promotable` when that is so.
 */
export async function expireIfDue(desk: Desk, dossier: Dossier, nowMs: number): Promise<void> {
  const { run, policy } = dossier;
  const waits = run.state === 'awaiting-live-approval' || run.state === 'promotable';
  if (!waits || nowMs < run.updated_ms + milliseconds(policy.approvals.live.expires)) return;
  await expire(desk, dossier);
  throw new DrylaneError('not-promotable', {
    field: run.id,
    message: `has expired: it waited longer than ${policy.approvals.live.expires}`,
    mend: 'rehearse the command again',
  });
}

/** Ends a run that nobody let land in time. */
export async function expire(desk: Desk, dossier: Dossier): Promise<Ended> {
  const events = [{ type: 'moved', to: 'expired', reason: 'nobody let it land in time' }] as const;
  return endRun(desk, dossier, events, dossier);
}
