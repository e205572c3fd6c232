import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { isEnd, type RunState, transition } from '@drylane/proto/lifecycle';
import type { LedgerEvent, Run } from './event.ts';

/** How a run whose process died is settled: the moves to make, in order. None for what only waits or has ended. */
export const SETTLEMENT = {
  submitted: ['rehearsing', 'inconclusive'],
  rehearsing: ['inconclusive'],
  promoting: ['unknown'],
} as const satisfies Partial<Record<RunState, readonly RunState[]>>;

/** The states in which a run depends on a living process. */
export const WORKING_STATES = Object.keys(SETTLEMENT) as readonly (keyof typeof SETTLEMENT)[];

/** Where a run stands after one more event. */
export function advance(run: Run | undefined, id: RunId, event: LedgerEvent, nowMs: number): Run {
  if (event.type === 'submitted') {
    if (run) throw outOfOrder(run, event, 'submit a new run under a new id');
    const { type: _, ...fields } = event;
    return { ...NOTHING_YET, ...fields, id, created_ms: nowMs, updated_ms: nowMs };
  }
  if (!run) throw noSuchRun(id);
  const changed: Run = { ...run, updated_ms: nowMs };
  switch (event.type) {
    case 'classified':
      if (run.state !== 'submitted' || run.risk_level !== null)
        throw outOfOrder(run, event, 'classify once, first');
      return { ...changed, risk_score: event.score, risk_level: event.level };
    case 'rehearsed':
      if (run.state !== 'rehearsing' || run.evidence_digest !== null || run.verdict !== null)
        throw outOfOrder(run, event, 'record the evidence of a rehearsal once, while it runs');
      return {
        ...changed,
        evidence_digest: event.evidence_digest,
        patches_digest: event.patches_digest,
        raw_output_digest: event.raw_output_digest ?? null,
      };
    case 'decided':
      if (run.state !== 'rehearsing' || run.verdict !== null)
        throw outOfOrder(run, event, 'decide once, after the rehearsal');
      if (run.evidence_digest === null && event.verdict === 'promote')
        throw outOfOrder(run, event, 'record the evidence that the verdict rests on first');
      return { ...changed, verdict: event.verdict, decision_digest: event.decision_digest };
    case 'moved':
      return { ...changed, state: transition(run.state, event.to) };
  }
}

const NOTHING_YET = {
  state: 'submitted',
  verdict: null,
  risk_score: null,
  risk_level: null,
  evidence_digest: null,
  patches_digest: null,
  raw_output_digest: null,
  decision_digest: null,
} as const;

export function noSuchRun(id: string): DrylaneError {
  return new DrylaneError('not-found', {
    field: id,
    message: 'is not a run of this ledger',
    mend: 'list the runs with `drylane runs`',
  });
}

function outOfOrder(run: Run, event: LedgerEvent, mend: string): DrylaneError {
  const state = isEnd(run.state) ? `has ended as ${run.state}` : `is ${run.state}`;
  return new DrylaneError('illegal-transition', {
    field: run.id,
    message: `${state} and cannot be ${event.type} now`,
    mend,
  });
}
