import type { PromotionMode } from '@drylane/proto/approval';
import type { Decision } from '@drylane/proto/decision';
import type { Digest } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import type { Evidence } from '@drylane/proto/evidence';
import type { RunId } from '@drylane/proto/ids';
import { isEnd, type RunState } from '@drylane/proto/lifecycle';
import type { PathPattern } from '@drylane/proto/paths';
import type { Policy } from '@drylane/proto/policy';
import type { ReceiptRef } from '@drylane/proto/rehearsal';
import type { Risk } from '@drylane/proto/risk';
import type { Place } from '@drylane/proto/task';
import { stateAfterDecision } from '../admit/next.ts';
import { modeOf } from '../approve/mode.ts';
import type { LedgerEvent } from '../ledger/event.ts';
import { diffOf } from '../receipt/receipt.ts';
import type { Desk } from './desk.ts';
import { standing, subjectOf } from './dossier.ts';
import { end } from './ending.ts';
import { type GitTree, type Judgement, keep } from './record.ts';

/** What a rehearsal left and what was decided of it. What is text in it has been scrubbed. */
export interface RehearsalEnd {
  readonly id: RunId;
  readonly submitter: string;
  readonly envelope: Envelope;
  /** Of the envelope as it was submitted. */
  readonly envelopeDigest: Digest;
  /** Those of intent, and those that policy adds. */
  readonly forbidden: readonly PathPattern[];
  readonly promotion: NonNullable<Envelope['promotion']>;
  readonly risk: Risk;
  readonly evidence: Evidence;
  readonly patches: Digest;
  readonly rawOutput: Digest | null;
  readonly decision: Decision;
  /** The workspace as it was before the rehearsal; null where no other process has it. */
  readonly place: Place | null;
  /** Null for what is no git tree. */
  readonly git: GitTree | null;
}

/** Where a run stands after its rehearsal. */
export interface RehearsalSettled {
  readonly state: RunState;
  /** How it would land; null where its envelope says that it must not. */
  readonly mode: PromotionMode | null;
  readonly approvalRequired: boolean;
  /** Null where the run goes on. */
  readonly receipt: ReceiptRef | null;
}

/** Keeps what was decided of a rehearsal, and moves the run on; the blobs are there before the ledger speaks of them. */
export async function settleRehearsal(
  desk: Desk,
  policy: Policy,
  rehearsed: RehearsalEnd,
): Promise<RehearsalSettled> {
  const { id, risk, evidence, decision, place, git } = rehearsed;
  const approvalRequired = stateAfterDecision('promote', risk, policy) === 'awaiting-live-approval';
  const judgement: Judgement = {
    ...{ decision, risk, envelope: rehearsed.envelope, forbidden: [...rehearsed.forbidden] },
    approval_required: approvalRequired,
    ...(place === null ? {} : { workspace: place }),
    ...(git === null ? {} : { git }),
  };
  const judged = await keep(desk.blobs, judgement);
  const mode = modeOf(rehearsed.promotion, evidence);
  const next = await nextState(desk, policy, { rehearsed, judgement, judged, mode });
  const events = [...eventsOf(rehearsed, judged), { type: 'moved', ...next } as const];
  const state = next.to;
  if (!isEnd(state)) {
    await desk.ledger.append(id, events, Date.now());
    return { state, mode, approvalRequired, receipt: null };
  }
  const { receipt } = await end(desk, id, events, {
    ...{ intent: rehearsed.envelope.intent, risk, decision, approvals: [] },
    changeSetDigest: decision.change_set_digest,
    evidence: { digest: decision.evidence_digest, diff: diffOf(evidence) },
  });
  return { state, mode, approvalRequired, receipt };
}

function eventsOf({ patches, rawOutput, decision }: RehearsalEnd, judged: Digest): LedgerEvent[] {
  return [
    {
      ...{ type: 'rehearsed', evidence_digest: decision.evidence_digest, patches_digest: patches },
      ...(rawOutput === null ? {} : { raw_output_digest: rawOutput }),
      ...(decision.change_set_digest === null ? {} : { change_set_digest: decision.change_set_digest }),
    },
    { type: 'decided', verdict: decision.verdict, decision_digest: judged },
  ];
}

interface Judged {
  readonly rehearsed: RehearsalEnd;
  readonly judgement: Judgement;
  readonly judged: Digest;
  readonly mode: PromotionMode | null;
}

/** Where the run goes: an identical change set that a person approved before is not asked for again, where policy says so. */
async function nextState(
  desk: Desk,
  policy: Policy,
  { rehearsed, judgement, judged, mode }: Judged,
): Promise<{ readonly to: RunState; readonly reason: string | null }> {
  const { decision, risk, id, evidence, patches, envelopeDigest, submitter } = rehearsed;
  const to = stateAfterDecision(decision.verdict, risk, policy);
  if (to !== 'awaiting-live-approval') return { to, reason: null };
  const run = {
    ...{ id, envelope_digest: envelopeDigest, policy_digest: decision.policy_digest },
    ...{ evidence_digest: decision.evidence_digest, patches_digest: patches },
  };
  const subject = subjectOf({ run, evidence, judged, change_set: decision.change_set_digest, mode });
  const { status } = await standing(
    desk,
    { submitter, judgement, policy, approvals: [], subject },
    Date.now(),
  );
  return status === 'given'
    ? { to: 'promotable', reason: 'an identical change set was approved' }
    : { to, reason: null };
}
