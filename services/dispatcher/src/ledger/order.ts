import type { Approval } from '@drylane/proto/approval';
import { isEnd, type RunState } from '@drylane/proto/lifecycle';
import type { LedgerEvent, Run, SettledResult } from './event.ts';

/** What a run's events add up to: where it stands, and what people said of it, in order. */
export interface History {
  readonly run: Run;
  readonly approvals: readonly Approval[];
}

type Event<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>;

/** What has to happen instead, where an event cannot happen to a run now; undefined where it can. */
export function outOfPlace(
  history: History,
  event: Exclude<LedgerEvent, Event<'submitted'>>,
  timeMs: number,
): string | undefined {
  const { run } = history;
  switch (event.type) {
    case 'classified':
    case 'rehearsed':
    case 'decided':
      return rehearsalOutOfPlace(run, event);
    case 'requested':
      return isEnd(run.state) || leftUndone(history) !== undefined
        ? 'ask for it before it has ended'
        : undefined;
    case 'approved':
      return approvedOutOfPlace(history, event, timeMs);
    case 'rejected':
      return rejectedOutOfPlace(history, event);
    case 'claimed':
      return isFree(history) ? undefined : 'claim it once, while nobody has rejected it';
    case 'settled':
      if (run.state !== 'promoting' || run.promotion_result !== null) return 'settle once, while it lands';
      if (event.owner !== undefined && event.owner !== run.owner)
        return 'leave it to the process that claimed it';
      return run.promotion_mode === event.mode ? undefined : 'settle it in the way that it was claimed for';
    case 'moved':
      return movedOutOfPlace(history, event);
    case 'receipted':
      return isEnd(run.state) && run.receipt_digest === null
        ? undefined
        : 'give one receipt, when it has ended';
  }
}

function rehearsalOutOfPlace(
  run: Run,
  event: Event<'classified' | 'rehearsed' | 'decided'>,
): string | undefined {
  const isRunning = run.state === 'rehearsing' && run.verdict === null;
  switch (event.type) {
    case 'classified':
      return run.state === 'submitted' && run.risk_level === null ? undefined : 'classify once, first';
    case 'rehearsed':
      if (isRunning && run.evidence_digest === null) return undefined;
      return 'record the evidence of a rehearsal once, while it runs';
    case 'decided':
      if (!isRunning) return 'decide once, after the rehearsal';
      if (run.evidence_digest !== null || event.verdict !== 'promote') return undefined;
      return 'record the evidence that the verdict rests on first';
  }
}

/** The states in which a person may let a run go on, by lane. */
export const APPROVABLE = {
  rehearsal: ['awaiting-rehearsal-approval'],
  live: ['awaiting-live-approval'],
} as const satisfies Record<Approval['lane'], readonly RunState[]>;

/** The states in which a person may end a run, by lane. */
export const REJECTABLE = {
  rehearsal: ['awaiting-rehearsal-approval'],
  live: ['awaiting-live-approval', 'promotable'],
} as const satisfies Record<Approval['lane'], readonly RunState[]>;

function approvedOutOfPlace(
  { run, approvals }: History,
  { approval }: Event<'approved'>,
  timeMs: number,
): string | undefined {
  const states: readonly RunState[] = APPROVABLE[approval.lane];
  if (!states.includes(run.state) || approval.decision !== 'approve' || isRejected(approvals))
    return `approve while it is ${states.join(' or ')}`;
  if (approval.expires_ms <= timeMs) return 'give an approval that has not expired';
  if (approval.approver.proof === 'none') return 'prove who approves it';
  if (approval.approver.id === run.submitter) return 'let somebody else approve it';
  const again = approvals.some((given) => isRepeated(given, approval, timeMs));
  return again ? 'let somebody else approve it, too' : undefined;
}

/** Whether an approval says only what the same person has said already, and what still counts. */
export function isRepeated(
  given: Approval,
  next: Pick<Approval, 'lane' | 'approver' | 'bound'>,
  nowMs: number,
): boolean {
  return (
    given.decision === 'approve' &&
    given.approver.id === next.approver.id &&
    given.lane === next.lane &&
    given.bound === next.bound &&
    given.expires_ms > nowMs
  );
}

function rejectedOutOfPlace(
  { run, approvals }: History,
  { approval }: Event<'rejected'>,
): string | undefined {
  const states: readonly RunState[] = REJECTABLE[approval.lane];
  const possible = states.includes(run.state) && run.promotion_mode === null && !isRejected(approvals);
  return possible && approval.decision === 'reject' ? undefined : `reject while it is ${states.join(' or ')}`;
}

/** What the table of moves does not say: which moves need an event before them. */
function movedOutOfPlace({ run, approvals }: History, { to }: Event<'moved'>): string | undefined {
  if (isRejected(approvals) !== (to === 'rejected'))
    return 'move to rejected what was rejected, and nothing else';
  if (run.state === 'promotable' && (run.promotion_mode !== null) !== (to === 'promoting'))
    return 'claim it, and move it to promoting';
  if (run.state !== 'promoting') return undefined;
  // Whoever knows nothing of an attempt can say no more than that.
  const known = run.promotion_result === null ? 'unknown' : stateAfterSettling(run.promotion_result);
  return to === known ? undefined : 'settle it, and move it to what it was settled as';
}

/** The state that follows `promoting`. */
export function stateAfterSettling(result: SettledResult): RunState {
  return result === 'rolled-back' ? 'promotable' : result;
}

/** What still belongs to the last events of one append; undefined where nothing is left half done. */
export function leftUndone({ run, approvals }: History): string | undefined {
  if (run.state === 'promotable' && run.promotion_mode !== null)
    return 'a claim moves to promoting in the same append';
  if (run.state === 'promoting' && run.promotion_result !== null)
    return 'what is settled moves on in the same append';
  if (run.state !== 'rejected' && isRejected(approvals)) return 'a rejection ends it in the same append';
  return undefined;
}

const isFree = ({ run, approvals }: History): boolean =>
  run.state === 'promotable' && run.promotion_mode === null && !isRejected(approvals);

const isRejected = (approvals: readonly Approval[]): boolean =>
  approvals.some(({ decision }) => decision === 'reject');
