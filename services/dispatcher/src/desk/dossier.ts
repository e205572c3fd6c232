import {
  type Approval,
  type ApprovalSubject,
  type PromotionMode,
  stickyKeyOf,
} from '@drylane/proto/approval';
import type { Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { Evidence } from '@drylane/proto/evidence';
import { RunId } from '@drylane/proto/ids';
import { isEnd } from '@drylane/proto/lifecycle';
import type { Policy } from '@drylane/proto/policy';
import { type Standing, standingOf } from '../approve/approve.ts';
import { modeOf } from '../approve/mode.ts';
import type { ChainedEvent } from '../ledger/chain.ts';
import type { Run } from '../ledger/event.ts';
import type { Desk } from './desk.ts';
import { type Judgement, recall } from './record.ts';

/** Everything that was kept of a run that was decided, each part read again under its digest. */
export interface Dossier {
  readonly run: Run;
  /** Who may not approve it. */
  readonly submitter: string;
  readonly evidence: Evidence;
  readonly judgement: Judgement;
  readonly policy: Policy;
  /** How it would land; null where its envelope says that it must not. */
  readonly mode: PromotionMode | null;
  readonly approvals: readonly Approval[];
  readonly subject: ApprovalSubject;
  /** The document that says what became of its promotion; null where there is none. */
  readonly outcome: Digest | null;
}

/**
 * Opens what was kept of a run, and so computes every digest that an approval of it rests on anew.
 * @throws DrylaneError `not-found` for a run that was not decided, `internal` where anything was changed.
 */
export async function openDossier(
  { ledger, blobs }: Pick<Desk, 'ledger' | 'blobs'>,
  id: RunId,
): Promise<Dossier> {
  const { run, events } = await ledger.readRun(id);
  if (run.evidence_digest === null || run.decision_digest === null) throw withoutEvidence(run, events);
  const [evidence, judgement, policy] = await Promise.all([
    recall(blobs, 'evidence', run.evidence_digest),
    recall(blobs, 'judgement', run.decision_digest),
    recall(blobs, 'policy', run.policy_digest),
  ]);
  const mode = modeOf(judgement.envelope.promotion ?? 'auto', evidence);
  const facts = { run, evidence, mode, judged: run.decision_digest, change_set: run.change_set_digest };
  return {
    ...{ run, submitter: run.submitter ?? '', evidence, judgement, policy, mode },
    approvals: approvalsIn(events),
    subject: subjectOf(facts),
    outcome: outcomeIn(events),
  };
}

/** A run that is not that far, or never came that far. */
function withoutEvidence({ id, state }: Run, events: readonly ChainedEvent[]): DrylaneError {
  if (!isEnd(state))
    return new DrylaneError('not-found', {
      field: id,
      message: 'is still running, and has left no evidence yet',
      mend: 'try again when it has ended',
    });
  const last = events.findLast(({ event }) => event.type === 'moved')?.event;
  const reason = last?.type === 'moved' && last.reason !== null ? `: ${last.reason}` : '';
  return new DrylaneError('not-found', {
    field: id,
    message: `is ${state}, and left no evidence${reason}`,
    mend: 'mend that, and rehearse the command again',
  });
}

interface SubjectFacts {
  readonly run: Pick<Run, 'id' | 'envelope_digest' | 'policy_digest' | 'evidence_digest' | 'patches_digest'>;
  readonly evidence: Evidence;
  readonly judged: Digest;
  readonly change_set: Digest | null;
  readonly mode: PromotionMode | null;
}

/** What an approval of a run's promotion stands for. */
export function subjectOf({ run, evidence, judged, change_set, mode }: SubjectFacts): ApprovalSubject {
  return {
    run: RunId.parse(run.id),
    lane: 'live',
    envelope: run.envelope_digest,
    judgement: judged,
    evidence: run.evidence_digest,
    patches: run.patches_digest,
    change_set,
    image: evidence.fidelity.image,
    policy: run.policy_digest,
    mode,
  };
}

const approvalsIn = (events: readonly ChainedEvent[]): Approval[] =>
  events.flatMap(({ event }) =>
    event.type === 'approved' || event.type === 'rejected' ? [event.approval] : [],
  );

const outcomeIn = (events: readonly ChainedEvent[]): Digest | null =>
  events.reduce<Digest | null>(
    (last, { event }) => (event.type === 'settled' ? (event.outcome_digest ?? null) : last),
    null,
  );

/** What decides whether people are asked. */
type Asked = Pick<Dossier, 'submitter' | 'judgement' | 'policy' | 'approvals' | 'subject'>;

/** Whether a run may land now as far as people are asked; sticky approvals never answer for a hold. */
export async function standing(
  { ledger, proven }: Pick<Desk, 'ledger' | 'proven'>,
  { submitter, judgement, policy, approvals, subject }: Asked,
  nowMs: number,
): Promise<Standing> {
  const { verdict } = judgement.decision;
  const key = verdict === 'promote' ? stickyKeyOf(subject) : null;
  const lent = async (under: Digest) => {
    const { tenant } = (await ledger.readRun(subject.run)).run;
    return proven(await ledger.sticky(under, tenant, nowMs));
  };
  return standingOf({
    subject,
    required: verdict === 'hold' || judgement.approval_required,
    approvals: await proven(approvals),
    stickyApprovals: key === null ? [] : await lent(key),
    submitter,
    policy: policy.approvals.live,
    nowMs,
  });
}
