import type { Approval, Approver, PromotionMode } from '@drylane/proto/approval';
import type { RunState } from '@drylane/proto/lifecycle';
import type { BlockLine } from './block.ts';
import { utc } from './terminal.ts';

/** What people have said of a run, and what it waits for. */
export interface DecisionFacts {
  readonly state: RunState;
  /** Why it went to that state, where that was said. */
  readonly reason: string | null;
  /** How it would land; null where its envelope says that it must not. */
  readonly mode: PromotionMode | null;
  readonly approvals: readonly Approval[];
  /** How many of how many have approved; null where nobody is asked any more. */
  readonly missing: { readonly have: number; readonly need: number } | null;
  readonly waitsUntilMs: number;
  readonly nowMs: number;
}

const MODES = {
  apply: 'apply: the very changes that were rehearsed',
  rerun: 'rerun: the command runs once more, for real',
} as const;

const PROOFS: Readonly<Record<Approver['proof'], string>> = {
  terminal: 'at a terminal',
  key: 'by key',
  token: 'by token',
  none: 'unproven',
};

/** Who decided on a run and how, what it still waits for, and how it would land. */
export function decisionLines(facts: DecisionFacts): BlockLine[] {
  const { state, reason, mode, approvals, missing, waitsUntilMs, nowMs } = facts;
  const waits = state === 'awaiting-live-approval' || state === 'promotable';
  // A rejection's comment is its reason.
  const isSaid = approvals.some(({ decision, comment }) => decision === 'reject' && comment === reason);
  return [
    ...(reason === null || isSaid ? [] : [line('reason', reason)]),
    ...approvals.map((approval) => approvalLine(approval, nowMs)),
    ...(waits && missing !== null ? [missingLine(missing)] : []),
    ...(waits
      ? [line('waits until', `${utc(waitsUntilMs)} UTC${waitsUntilMs <= nowMs ? ', which has passed' : ''}`)]
      : []),
    ...(waits
      ? [line('lands by', mode === null ? 'nothing: its envelope says promotion: none' : MODES[mode])]
      : []),
  ];
}

function approvalLine(
  { decision, approver, comment, time_ms, expires_ms }: Approval,
  nowMs: number,
): BlockLine {
  const expired = decision === 'approve' && expires_ms <= nowMs ? ', expired since' : '';
  const who = `${approver.id}, ${PROOFS[approver.proof]}, ${utc(time_ms)} UTC${expired}`;
  const text = comment === null ? who : `${who}\n${comment}`;
  return decision === 'approve' ? line('approved', text, 'good') : line('rejected', text, 'bad');
}

function missingLine({ have, need }: { readonly have: number; readonly need: number }): BlockLine {
  const more = need - have;
  return line('missing', `${more} of ${need} ${need === 1 ? 'approval' : 'approvals'}`, 'warn');
}

function line(label: string, text: string, tone: BlockLine['tone'] = 'plain'): BlockLine {
  return { label, text, tone };
}
