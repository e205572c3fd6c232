import { type Approval, type ApprovalSubject, bindingOf } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { milliseconds } from '@drylane/proto/quantities';
import type { RehearsalTask } from '@drylane/proto/task';
import { decisionProblems } from '../approve/approve.ts';
import type { ChainedEvent } from '../ledger/chain.ts';
import type { LedgerEvent, Run } from '../ledger/event.ts';
import type { Desk } from './desk.ts';
import { notNow } from './ended.ts';
import { end, NOTHING_KNOWN } from './ending.ts';
import { recall } from './record.ts';
import type { Heard, Word } from './word.ts';

/** A run that waits for a person before it is rehearsed: there is no evidence yet, only what was asked for. */
export interface Unrehearsed {
  readonly run: Run;
  readonly task: RehearsalTask;
  readonly subject: ApprovalSubject;
  readonly approvals: readonly Approval[];
}

/** Opens such a run. @throws DrylaneError `not-found` where it was never let in. */
export async function openUnrehearsed({ ledger, blobs }: Desk, id: RunId): Promise<Unrehearsed> {
  const { run, events } = await ledger.readRun(id);
  if (run.task_digest === null)
    throw new DrylaneError('not-found', {
      field: id,
      message: `is ${run.state}, and was never let in`,
      mend: 'see why: its receipt tells',
    });
  const subject: ApprovalSubject = {
    ...{ run: RunId.parse(run.id), lane: 'rehearsal', envelope: run.envelope_digest },
    // Holds the risk and everything that is asked for.
    judgement: run.task_digest,
    ...{ evidence: null, patches: null, change_set: null, image: null, mode: null },
    policy: run.policy_digest,
  };
  return { run, task: await recall(blobs, 'task', run.task_digest), subject, approvals: wordsIn(events) };
}

const wordsIn = (events: readonly ChainedEvent[]): Approval[] =>
  events.flatMap(({ event }) =>
    event.type === 'approved' || event.type === 'rejected' ? [event.approval] : [],
  );

/**
 * Keeps a person's word on whether a run may be rehearsed: one is enough, as a rehearsal harms nothing.
 * @throws DrylaneError `not-promotable` where this person may not decide, or there is nothing to decide.
 */
export async function decideRehearsal(desk: Desk, opened: Unrehearsed, word: Word): Promise<Heard> {
  const { run, task, subject, approvals } = opened;
  if (run.state !== 'awaiting-rehearsal-approval') throw notNow(run);
  const nowMs = Date.now();
  const bound = bindingOf(subject);
  const facts = { run, lane: 'rehearsal', decision: word.decision, approver: word.approver } as const;
  const problems = decisionProblems({ ...facts, bound, approvals, nowMs });
  if (problems.length > 0) throw new DrylaneError('not-promotable', problems);
  const { approvals: rules } = await recall(desk.blobs, 'policy', run.policy_digest);
  const approval: Approval = {
    ...{ lane: 'rehearsal', decision: word.decision, approver: word.approver, comment: word.comment },
    ...{ time_ms: nowMs, expires_ms: nowMs + milliseconds(rules.live.expires), bound, sticky: null },
  };
  const id = subject.run;
  if (word.decision === 'approve') {
    const events: LedgerEvent[] = [
      { type: 'approved', approval, sticky_key: null },
      { type: 'moved', to: 'rehearsing', reason: null },
    ];
    return { run: id, state: (await desk.ledger.append(id, events, nowMs)).state, missing: 0 };
  }
  const events: LedgerEvent[] = [
    { type: 'rejected', approval },
    { type: 'moved', to: 'rejected', reason: approval.comment },
  ];
  const known = { ...NOTHING_KNOWN, intent: task.envelope.intent, risk: task.risk };
  const { run: ended } = await end(desk, id, events, { ...known, approvals: [...approvals, approval] });
  return { run: id, state: ended.state, missing: 0 };
}
