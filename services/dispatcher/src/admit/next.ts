import type { Verdict } from '@drylane/proto/decision';
import type { RunState } from '@drylane/proto/lifecycle';
import type { Policy } from '@drylane/proto/policy';
import { RISK_LEVELS, type Risk } from '@drylane/proto/risk';

type From = Policy['approvals']['live']['from'];

/** The state that follows `submitted`: from policy's level on, a person must allow the rehearsal itself. */
export function nextAfterClassify(
  risk: Pick<Risk, 'level'>,
  { approvals }: Pick<Policy, 'approvals'>,
): Extract<RunState, 'awaiting-rehearsal-approval' | 'rehearsing'> {
  return needsPerson(risk, approvals.rehearsal.from) ? 'awaiting-rehearsal-approval' : 'rehearsing';
}

/**
 * The state that follows `rehearsing`. A hold needs a person whatever policy says of risk; a promote needs one
 * from policy's level on.
 */
export function stateAfterDecision(
  verdict: Verdict,
  risk: Pick<Risk, 'level'>,
  { approvals }: Pick<Policy, 'approvals'>,
): Extract<RunState, 'blocked' | 'inconclusive' | 'awaiting-live-approval' | 'promotable'> {
  switch (verdict) {
    case 'block':
      return 'blocked';
    case 'inconclusive':
      return 'inconclusive';
    case 'hold':
      return 'awaiting-live-approval';
    case 'promote':
      return needsPerson(risk, approvals.live.from) ? 'awaiting-live-approval' : 'promotable';
  }
}

function needsPerson({ level }: Pick<Risk, 'level'>, from: From): boolean {
  return from !== 'never' && RISK_LEVELS.indexOf(level) >= RISK_LEVELS.indexOf(from);
}
