import { VERDICTS } from '@drylane/proto/decision';
import { transition } from '@drylane/proto/lifecycle';
import { RISK_LEVELS } from '@drylane/proto/risk';
import { describe, expect, it } from 'vitest';
import { policy } from './admit.fixture.ts';
import { nextAfterClassify, stateAfterDecision } from './next.ts';

const FROM = [...RISK_LEVELS, 'never'] as const;

const under = (from: (typeof FROM)[number]) => {
  const { approvals } = policy();
  return policy({ approvals: { rehearsal: { from }, live: { ...approvals.live, from } } });
};

/** Whether a person must agree, by risk (down) and policy's `from` (across: low, medium, high, never). */
const ASKS: Record<(typeof RISK_LEVELS)[number], readonly boolean[]> = {
  low: [true, false, false, false],
  medium: [true, true, false, false],
  high: [true, true, true, false],
};

const cells = RISK_LEVELS.flatMap((level) =>
  FROM.map((from, at) => ({ level, from, asks: ASKS[level][at] === true })),
);

describe('the state that follows', () => {
  it.each(cells)('classify at $level risk, from $from', ({ level, from, asks }) => {
    const next = nextAfterClassify({ level }, under(from));
    expect(next).toBe(asks ? 'awaiting-rehearsal-approval' : 'rehearsing');
    expect(transition('submitted', next)).toBe(next);
  });

  it.each(cells)('each verdict at $level risk, from $from', ({ level, from, asks }) => {
    const states = VERDICTS.map((verdict) => stateAfterDecision(verdict, { level }, under(from)));
    const promoted = asks ? 'awaiting-live-approval' : 'promotable';
    expect(states).toEqual([promoted, 'awaiting-live-approval', 'blocked', 'inconclusive']);
    for (const state of states) expect(transition('rehearsing', state)).toBe(state);
  });
});
