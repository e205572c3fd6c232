import { createRedactor } from '@drylane/chassis/redact/redact';
import { type Approval, type Approver, bindingOf, stickyKeyOf } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { RunState } from '@drylane/proto/lifecycle';
import { milliseconds } from '@drylane/proto/quantities';
import { decisionProblems } from '../approve/approve.ts';
import type { LedgerEvent } from '../ledger/event.ts';
import type { Desk } from './desk.ts';
import { type Dossier, openDossier, standing } from './dossier.ts';
import { notNow } from './ended.ts';
import { endRun, expireIfDue } from './ending.ts';

/** What a person says of a run. */
export interface Word {
  readonly decision: Approval['decision'];
  readonly approver: Approver;
  readonly comment: string | null;
  /** Signs what the approval stands for, where the approver has a key. */
  readonly sign?: (approval: Approval) => Approval;
}

/** Where a run stands after a person's word; `missing` people have to say theirs still. */
export interface Heard {
  readonly run: RunId;
  readonly state: RunState;
  readonly missing: number;
}

/**
 * Keeps a person's word on whether a run may land. The word is bound to everything that was shown: it is worth nothing
 * for any other run, and nothing once any of it is another.
 * @throws DrylaneError `bad-input` where this person may not decide, or there is nothing to decide.
 */
export async function decideRun(desk: Desk, id: RunId, word: Word): Promise<Heard> {
  const nowMs = Date.now();
  const dossier = await openDossier(desk, id);
  await expireIfDue(desk, dossier, nowMs);
  refuseUndecidable(dossier, word.decision);
  const { run, approvals, subject } = dossier;
  const problems = decisionProblems({
    ...{ run, lane: 'live' as const, decision: word.decision, approver: word.approver },
    ...{ bound: bindingOf(subject), approvals, nowMs },
  });
  if (problems.length > 0) throw new DrylaneError('not-promotable', problems);
  const approval = approvalOf(dossier, word, nowMs);
  return word.decision === 'reject'
    ? reject(desk, dossier, approval)
    : approve(desk, dossier, approval, nowMs);
}

/** Refuses to decide on a run that nobody can decide on. @throws DrylaneError `not-promotable`. */
export function refuseUndecidable({ run }: Pick<Dossier, 'run'>, decision: Word['decision']): void {
  const waits =
    run.state === 'awaiting-live-approval' || (decision === 'reject' && run.state === 'promotable');
  if (!waits) throw notNow(run);
}

function approvalOf({ subject, policy }: Dossier, word: Word, nowMs: number): Approval {
  const comment = word.comment === null ? null : createRedactor([]).text(word.comment).text;
  const approval: Approval = {
    lane: 'live',
    decision: word.decision,
    approver: word.approver,
    comment,
    time_ms: nowMs,
    expires_ms: nowMs + milliseconds(policy.approvals.live.expires),
    bound: bindingOf(subject),
    sticky: stickyKeyOf(subject),
  };
  return word.sign?.(approval) ?? approval;
}

async function reject(desk: Desk, dossier: Dossier, approval: Approval): Promise<Heard> {
  const events: LedgerEvent[] = [
    { type: 'rejected', approval, sticky_key: stickyKeyOf(dossier.subject) },
    { type: 'moved', to: 'rejected', reason: approval.comment },
  ];
  const { run } = await endRun(desk, dossier, events, { approvals: [...dossier.approvals, approval] });
  return { run: dossier.subject.run, state: run.state, missing: 0 };
}

async function approve(desk: Desk, dossier: Dossier, approval: Approval, nowMs: number): Promise<Heard> {
  const after = await standing(desk, { ...dossier, approvals: [...dossier.approvals, approval] }, nowMs);
  const enough = after.status !== 'missing';
  const events: LedgerEvent[] = [
    { type: 'approved', approval, sticky_key: stickyKeyOf(dossier.subject) },
    ...(enough ? [{ type: 'moved' as const, to: 'promotable' as const, reason: null }] : []),
  ];
  const id = dossier.subject.run;
  const { state } = await desk.ledger.append(id, events, nowMs);
  return enough ? { run: id, state, missing: 0 } : together(desk, id, nowMs);
}

/** Words that came at the same moment did not count one another: whoever sees that all are there moves the run on. */
async function together(desk: Desk, id: RunId, nowMs: number): Promise<Heard> {
  const dossier = await openDossier(desk, id);
  const now = await standing(desk, dossier, nowMs);
  const { state } = dossier.run;
  if (now.status === 'missing') return { run: id, state, missing: now.need - now.have };
  if (state !== 'awaiting-live-approval') return { run: id, state, missing: 0 };
  const moved: LedgerEvent = { type: 'moved', to: 'promotable', reason: null };
  const run = await desk.ledger.append(id, [moved], nowMs).catch(async (fault: unknown) => {
    if (!(fault instanceof DrylaneError) || fault.code !== 'illegal-transition') throw fault;
    // Another of them was quicker.
    return (await desk.ledger.readRun(id)).run;
  });
  return { run: id, state: run.state, missing: 0 };
}
