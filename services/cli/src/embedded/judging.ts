import { scrubDocument } from '@drylane/chassis/redact/document';
import type { Redactor } from '@drylane/chassis/redact/redact';
import { compare } from '@drylane/comparator/compare/compare';
import type { Strictness } from '@drylane/comparator/compare/comparison';
import { decide, verdictOf } from '@drylane/comparator/decide/decide';
import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import type { LoadedPolicy } from '@drylane/dispatcher/admit/load';
import type { Desk } from '@drylane/dispatcher/desk/desk';
import { keep } from '@drylane/dispatcher/desk/record';
import { settleRehearsal } from '@drylane/dispatcher/desk/rehearsed';
import type { PromotionMode } from '@drylane/proto/approval';
import type { Evidence } from '@drylane/proto/evidence';
import type { RunId } from '@drylane/proto/ids';
import type { RunState } from '@drylane/proto/lifecycle';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import type { Risk } from '@drylane/proto/risk';
import type { Place } from '@drylane/proto/task';
import type { Rehearsed } from '@drylane/worker/rehearse/run';
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
  /** Until then something of the sandbox stands: a run whose sandbox stays behind is not settled as a good one. */
  readonly gone: Promise<void>;
}

/** Whether a run may land after what was observed, if only because a person agrees. */
export function isLanding(
  loaded: LoadedPolicy,
  allowance: Admitted,
  risk: Risk,
  evidence: Evidence,
): boolean {
  const { envelope } = allowance;
  const verdict = verdictOf(compare({ allowance, policy: strictnessOf(loaded), envelope, risk, evidence }));
  return verdict === 'promote' || verdict === 'hold';
}

/** What a policy has to say of findings. */
export function strictnessOf({ policy, rules }: Pick<LoadedPolicy, 'policy' | 'rules'>): Strictness {
  return { rules, severities: policy.severities };
}

/** Compares, decides, and keeps the record; the blobs are there, and the sandbox is gone, before the ledger speaks of them. */
export async function judge(desk: Desk, policy: LoadedPolicy, judged: Judged): Promise<Reported> {
  const { id, admitted, risk, redactor, rehearsed, sealed } = judged;
  const { evidence, patches, changeSet } = rehearsed;
  const { blobs } = desk;
  const { envelope } = admitted;
  const strictness = strictnessOf(policy);
  const findings = compare({ allowance: admitted, policy: strictness, envelope, risk, evidence });
  const [evidenceDigest, patchesDigest] = await Promise.all([
    keep(blobs, evidence),
    keep(blobs, patches),
    judged.gone,
  ]);
  const changeSetDigest = changeSet?.digest ?? null;
  const decision = decide(findings, { policyDigest: policy.digest, evidenceDigest, changeSetDigest });
  const settled = await settleRehearsal(desk, policy.policy, {
    ...{ id, submitter: submitter(), risk, evidence, decision, place: judged.place, git: null },
    envelope: scrubDocument(admitted.envelope, redactor),
    envelopeDigest: admitted.envelopeDigest,
    forbidden: scrubDocument([...admitted.forbiddenPaths], redactor),
    promotion: admitted.promotion,
    patches: patchesDigest,
    rawOutput: sealed === undefined ? null : await blobs.put(sealed),
  });
  const report: Rehearsal = {
    run_id: id,
    task: admitted.task === null ? null : redactor.text(admitted.task).text,
    verdict: decision.verdict,
    ...{ risk, findings: decision.findings, evidence },
    change_set: changeSetDigest === null ? null : { digest: changeSetDigest },
    receipt: settled.receipt,
  };
  return { report, ...settled };
}
