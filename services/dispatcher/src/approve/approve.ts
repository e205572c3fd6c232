import {
  type Approval,
  type ApprovalSubject,
  type Approver,
  bindingOf,
  type Lane,
  stickyKeyOf,
} from '@drylane/proto/approval';
import type { Digest } from '@drylane/proto/digest';
import type { Problem } from '@drylane/proto/errors';
import type { RunState } from '@drylane/proto/lifecycle';
import type { Policy } from '@drylane/proto/policy';
import type { Run } from '../ledger/event.ts';
import { APPROVABLE, isRepeated, REJECTABLE } from '../ledger/order.ts';

/** Whether people have allowed what is about to happen. */
export type Standing =
  | { readonly status: 'not-needed' }
  | {
      readonly status: 'given';
      /** One of each approver. */
      readonly approvals: readonly Approval[];
      /** True where some of them were given to another run with the same change set. */
      readonly sticky: boolean;
    }
  | { readonly status: 'missing'; readonly have: number; readonly need: number };

/** What {@link standingOf} decides by. */
export interface StandingFacts {
  /** What is about to happen, each digest computed anew. */
  readonly subject: ApprovalSubject;
  readonly required: boolean;
  /** Of this run, rejections and those of the other lane too. */
  readonly approvals: readonly Approval[];
  /** Given under the sticky key of the subject to other runs. */
  readonly stickyApprovals: readonly Approval[];
  readonly submitter: string;
  readonly policy: Policy['approvals']['live'];
  readonly nowMs: number;
}

/** Holds what people have said against what is about to happen: only approvals of exactly that count. */
export function standingOf(facts: StandingFacts): Standing {
  const { subject, required, approvals, stickyApprovals, policy } = facts;
  if (!required) return { status: 'not-needed' };
  const bound = bindingOf(subject);
  const own = approvals.filter((approval) => approval.bound === bound && counts(approval, facts));
  // By the key that the approver's own word holds, and maybe signs, not by the one that it is kept under.
  const key = policy.sticky ? stickyKeyOf(subject) : null;
  const isLent = (approval: Approval): boolean => approval.sticky === key && counts(approval, facts);
  const lent = key === null ? [] : stickyApprovals.filter(isLent);
  // A quorum is of live approvals: a rehearsal harms nothing, and one person may allow it.
  const need = subject.lane === 'live' ? policy.quorum : 1;
  const owners = oneOfEach(own);
  if (owners.length >= need) return { status: 'given', approvals: owners, sticky: false };
  const all = oneOfEach([...own, ...lent]);
  if (all.length >= need) return { status: 'given', approvals: all, sticky: true };
  return { status: 'missing', have: all.length, need };
}

function counts(approval: Approval, { subject, submitter, nowMs }: StandingFacts): boolean {
  return (
    approval.decision === 'approve' &&
    approval.lane === subject.lane &&
    approval.approver.id !== submitter &&
    approval.approver.proof !== 'none' &&
    nowMs < approval.expires_ms
  );
}

function oneOfEach(approvals: readonly Approval[]): readonly Approval[] {
  return [...new Map(approvals.map((approval) => [approval.approver.id, approval])).values()];
}

/** What {@link decisionProblems} decides by. */
export interface DecisionFacts {
  readonly run: Run;
  readonly lane: Lane;
  readonly decision: Approval['decision'];
  readonly approver: Approver;
  /** The binding of what is decided on. */
  readonly bound: Digest;
  /** Of this run. */
  readonly approvals: readonly Approval[];
  readonly nowMs: number;
}

/** Why somebody may not decide on a run so; none where they may. The ledger refuses the same. */
export function decisionProblems(facts: DecisionFacts): readonly Problem[] {
  const { run, lane, decision, approver, approvals, nowMs } = facts;
  const states: readonly RunState[] = (decision === 'approve' ? APPROVABLE : REJECTABLE)[lane];
  const problems: Problem[] = [];
  if (!states.includes(run.state))
    problems.push({
      field: 'run',
      message: `is ${run.state}, and its ${lane} is decided on while it is ${states.join(' or ')}`,
      mend: `see where it stands: drylane show ${run.id}`,
    });
  if (decision === 'reject') return problems;
  if (approver.proof === 'none')
    problems.push({
      field: 'approver',
      message: 'has not shown who they are, which is enough to reject only',
      mend: 'approve at a terminal, or with an approver key',
    });
  if (approver.id === run.submitter)
    problems.push({
      field: 'approver',
      message: 'submitted this run, and nobody approves their own',
      mend: 'let somebody else decide',
    });
  if (approvals.some((given) => isRepeated(given, { lane, approver, bound: facts.bound }, nowMs)))
    problems.push({
      field: 'approver',
      message: 'has approved it already, and counts once',
      mend: 'let somebody else decide, too',
    });
  return problems;
}
