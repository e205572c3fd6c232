import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { isEnd, RUN_STATES, type RunState, transition } from '@drylane/proto/lifecycle';
import type { LedgerEvent, Run } from './event.ts';
import { type History, leftUndone, outOfPlace } from './order.ts';

/** How a run whose process died is settled: the moves to make, in order. None for what only waits or has ended. */
export const SETTLEMENT = {
  submitted: ['rehearsing', 'inconclusive'],
  rehearsing: ['inconclusive'],
  promoting: ['unknown'],
} as const satisfies Partial<Record<RunState, readonly RunState[]>>;

/** The states in which a run depends on a living process. */
export const WORKING_STATES = Object.keys(SETTLEMENT) as readonly (keyof typeof SETTLEMENT)[];

/** The states in which a run waits for somebody. */
export const WAITING_STATES: readonly RunState[] = RUN_STATES.filter(
  (state) => !isEnd(state) && !(state in SETTLEMENT),
);

/**
 * Where a run stands after one more event.
 * @throws DrylaneError `illegal-transition` for what cannot happen to it now, `not-found` where it was not submitted.
 */
export function advance(
  history: History | undefined,
  id: RunId,
  event: LedgerEvent,
  timeMs: number,
): History {
  if (event.type === 'submitted') {
    if (history) throw outOfOrder(history.run, event, 'submit a new run under a new id');
    const {
      type: _,
      submitter = null,
      tenant = null,
      task_digest = null,
      trace = null,
      promote = false,
      ...fields
    } = event;
    const said = { ...fields, submitter, tenant, task_digest, trace, promote: Number(promote) };
    const run = { ...NOTHING_YET, ...said, id, created_ms: timeMs, updated_ms: timeMs };
    return { run, approvals: [] };
  }
  if (!history) throw noSuchRun(id);
  if (event.type === 'moved') transition(history.run.state, event.to);
  const mend = outOfPlace(history, event, timeMs);
  if (mend !== undefined) throw outOfOrder(history.run, event, mend);
  const run = { ...history.run, ...changesBy(event, history.run), updated_ms: timeMs };
  const isWord = event.type === 'approved' || event.type === 'rejected';
  return { run, approvals: isWord ? [...history.approvals, event.approval] : history.approvals };
}

/** Where a run stands after all the events of one append, which leave nothing half done. */
export function advanceAll(
  history: History | undefined,
  id: RunId,
  events: readonly LedgerEvent[],
  timeMs: number,
): History {
  let next = history;
  for (const event of events) next = advance(next, id, event, timeMs);
  if (next === undefined) throw noSuchRun(id);
  const last = events.at(-1);
  const mend = leftUndone(next);
  if (last !== undefined && mend !== undefined) throw outOfOrder(next.run, last, mend);
  return next;
}

const NOTHING_YET = {
  state: 'submitted',
  verdict: null,
  risk_score: null,
  risk_level: null,
  evidence_digest: null,
  patches_digest: null,
  raw_output_digest: null,
  change_set_digest: null,
  decision_digest: null,
  promotion_mode: null,
  promotion_result: null,
  receipt_digest: null,
  claimant: null,
  reason: null,
} as const;

/** The fields of a run that an event sets. */
function changesBy(event: Exclude<LedgerEvent, { type: 'submitted' }>, run: Run): Partial<Run> {
  switch (event.type) {
    case 'classified':
      return { risk_score: event.score, risk_level: event.level };
    case 'rehearsed':
      return {
        evidence_digest: event.evidence_digest,
        patches_digest: event.patches_digest,
        raw_output_digest: event.raw_output_digest ?? null,
        change_set_digest: event.change_set_digest ?? null,
      };
    case 'decided':
      return { verdict: event.verdict, decision_digest: event.decision_digest };
    case 'approved':
    case 'rejected':
      return {};
    case 'claimed':
      return { owner: event.owner, promotion_mode: event.mode, claimant: event.claimant ?? null };
    case 'requested':
      return { promote: 1 };
    case 'settled':
      return { promotion_result: event.result };
    case 'moved': {
      const isBack = run.state === 'promoting' && event.to === 'promotable';
      return {
        state: event.to,
        reason: event.reason,
        ...(isBack ? { promotion_mode: null, promotion_result: null } : {}),
      };
    }
    case 'receipted':
      return { receipt_digest: event.digest };
  }
}

/** The error for a run that this ledger does not have. */
export function noSuchRun(id: string): DrylaneError {
  return new DrylaneError('not-found', {
    field: id,
    message: 'is not a run of this ledger',
    mend: 'list the runs with `drylane runs`',
  });
}

/** The error for an event that cannot happen to a run now. */
export function outOfOrder(run: Run, event: Pick<LedgerEvent, 'type'>, mend: string): DrylaneError {
  const state = isEnd(run.state) ? `has ended as ${run.state}` : `is ${run.state}`;
  return new DrylaneError('illegal-transition', {
    field: run.id,
    message: `${state} and cannot be ${event.type} now`,
    mend,
  });
}
