import type { Redactor } from '@drylane/chassis/redact/redact';
import { compare } from '@drylane/comparator/compare/compare';
import { decide, verdictOf } from '@drylane/comparator/decide/decide';
import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import type { LoadedPolicy } from '@drylane/dispatcher/admit/load';
import { stateAfterDecision } from '@drylane/dispatcher/admit/next';
import { modeOf } from '@drylane/dispatcher/approve/mode';
import type { LedgerEvent } from '@drylane/dispatcher/ledger/event';
import { diffOf } from '@drylane/dispatcher/receipt/receipt';
import type { ApprovalSubject, PromotionMode } from '@drylane/proto/approval';
import type { Evidence } from '@drylane/proto/evidence';
import type { RunId } from '@drylane/proto/ids';
import { isEnd, type RunState } from '@drylane/proto/lifecycle';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import type { Risk } from '@drylane/proto/risk';
import type { Rehearsed } from '@drylane/worker/rehearse/run';
import type { Desk } from './desk.ts';
import { standing, subjectOf } from './dossier.ts';
import { end } from './ending.ts';
import { type Judgement, keep, type Place, scrubAll } from './record.ts';
import { submitter } from './submitter.ts';

/** A rehearsal's document, where the run stands, and whether its live run would need a person. */
export interface Reported {
  readonly report: Rehearsal;
  readonly state: RunState;
  /** How it would land; null where its envelope says that it must not. */
  readonly mode: PromotionMode | null;
  readonly approvalRequired: boolean;
}

/** A command that was rehearsed, with what it was let in as. */
export interface Judged {
  readonly id: RunId;
  readonly admitted: Admitted;
  readonly risk: Risk;
  readonly redactor: Redactor;
  readonly rehearsed: Rehearsed;
  /** The workspace as it was before the rehearsal. */
  readonly place: Place;
  /** The raw output, sealed; only where policy says so. */
  readonly sealed: Uint8Array | undefined;
}

/** Whether a run may land after what was observed, if only because a person agrees. */
export function isLanding(allowance: Admitted, risk: Risk, evidence: Evidence): boolean {
  const verdict = verdictOf(compare({ allowance, risk, evidence }));
  return verdict === 'promote' || verdict === 'hold';
}

/** Compares, decides, and keeps the record; the blobs are there before the ledger speaks of them. */
export async function judge(desk: Desk, policy: LoadedPolicy, judged: Judged): Promise<Reported> {
  const { id, admitted, risk, redactor, rehearsed, sealed } = judged;
  const { evidence, patches, changeSet } = rehearsed;
  const { blobs } = desk;
  const findings = compare({ allowance: admitted, risk, evidence });
  const [evidenceDigest, patchesDigest] = await Promise.all([keep(blobs, evidence), keep(blobs, patches)]);
  const changeSetDigest = changeSet?.digest ?? null;
  const grounds = { policyDigest: policy.digest, evidenceDigest, changeSetDigest };
  const decision = decide(findings, grounds);
  const approvalRequired = stateAfterDecision('promote', risk, policy.policy) === 'awaiting-live-approval';
  const judgement: Judgement = {
    decision,
    risk,
    envelope: scrubAll(admitted.envelope, redactor),
    forbidden: scrubAll([...admitted.forbiddenPaths], redactor),
    approval_required: approvalRequired,
    workspace: judged.place,
  };
  const decisionDigest = await keep(blobs, judgement);
  const events: LedgerEvent[] = [
    {
      ...{ type: 'rehearsed', evidence_digest: evidenceDigest, patches_digest: patchesDigest },
      ...(sealed === undefined ? {} : { raw_output_digest: await blobs.put(sealed) }),
      ...(changeSetDigest === null ? {} : { change_set_digest: changeSetDigest }),
    },
    { type: 'decided', verdict: decision.verdict, decision_digest: decisionDigest },
  ];
  const mode = modeOf(admitted.promotion, evidence);
  const subject = subjectOf({
    run: {
      id,
      envelope_digest: admitted.envelopeDigest,
      policy_digest: policy.digest,
      evidence_digest: evidenceDigest,
      patches_digest: patchesDigest,
    },
    ...{ evidence, judged: decisionDigest, change_set: changeSetDigest },
    mode,
  });
  const next = await nextState(desk, policy, { judgement, subject });
  events.push({ type: 'moved', ...next });
  const known = {
    ...{ intent: judgement.envelope.intent, risk, decision, approvals: [], changeSetDigest },
    evidence: { digest: evidenceDigest, diff: diffOf(evidence) },
  };
  const ended = isEnd(next.to) ? await end(desk, id, events, known) : undefined;
  if (ended === undefined) await desk.ledger.append(id, events, Date.now());
  const report: Rehearsal = {
    run_id: id,
    task: admitted.task === null ? null : redactor.text(admitted.task).text,
    verdict: decision.verdict,
    ...{ risk, findings: decision.findings, evidence },
    change_set: changeSetDigest === null ? null : { digest: changeSetDigest },
    receipt: ended?.receipt ?? null,
  };
  return { report, state: next.to, mode, approvalRequired };
}

/** Where the run goes: an identical change set that a person approved before is not asked for again, where policy says so. */
async function nextState(
  desk: Desk,
  { policy }: LoadedPolicy,
  { judgement, subject }: { readonly judgement: Judgement; readonly subject: ApprovalSubject },
): Promise<{ readonly to: RunState; readonly reason: string | null }> {
  const to = stateAfterDecision(judgement.decision.verdict, judgement.risk, policy);
  if (to !== 'awaiting-live-approval') return { to, reason: null };
  const facts = { submitter: submitter(), judgement, policy, approvals: [], subject };
  const { status } = await standing(desk, facts, Date.now());
  return status === 'given'
    ? { to: 'promotable', reason: 'an identical change set was approved' }
    : { to, reason: null };
}
