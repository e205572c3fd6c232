import type { Approval } from '@drylane/proto/approval';
import { digestOf } from '@drylane/proto/digest';
import { RUN_STATES } from '@drylane/proto/lifecycle';
import { describe, expect, it } from 'vitest';
import { type DecisionFacts, decisionLines } from './decisions.ts';
import { renderBlock } from './print.ts';
import { coloursFor } from './terminal.ts';

const NOW = Date.UTC(2026, 7, 2, 10);
const HOUR = 3_600_000;
const APPROVAL: Approval = {
  lane: 'live',
  decision: 'approve',
  approver: { id: 'alice', proof: 'key' },
  comment: null,
  time_ms: NOW - HOUR,
  expires_ms: NOW + HOUR,
  bound: digestOf('x'),
};

const says = (over: Partial<DecisionFacts>): string => {
  const facts: DecisionFacts = {
    ...{ state: 'awaiting-live-approval', reason: null, mode: 'apply', approvals: [], missing: null },
    ...{ waitsUntilMs: NOW + HOUR, nowMs: NOW },
  };
  return renderBlock(decisionLines({ ...facts, ...over }), coloursFor(process.stdout, { NO_COLOR: '1' }));
};

describe('what people have said of a run', () => {
  it('is who, how, when and why, how many are missing, until when, and how it would land', () => {
    const second: Approval = {
      ...APPROVAL,
      approver: { id: 'person:bob', proof: 'terminal' },
      comment: 'fine',
    };
    expect(says({ approvals: [APPROVAL, second], missing: { have: 2, need: 3 } })).toBe(
      `approved:       alice, by key, 2026-08-02 09:00:00 UTC
approved:       person:bob, at a terminal, 2026-08-02 09:00:00 UTC
                fine
missing:        1 of 3 approvals
waits until:    2026-08-02 11:00:00 UTC
lands by:       apply: the very changes that were rehearsed
`,
    );
  });

  it('says which approval and which wait are over', () => {
    const shown = says({ approvals: [{ ...APPROVAL, expires_ms: NOW }], waitsUntilMs: NOW });
    expect(shown).toContain('09:00:00 UTC, expired since\n');
    expect(shown).toContain('waits until:    2026-08-02 10:00:00 UTC, which has passed\n');
  });

  it('of a run that has ended, is its reason, once, and nothing that it would still wait for', () => {
    const rejected: Approval = { ...APPROVAL, decision: 'reject', comment: 'not on a Friday' };
    const end = { state: 'rejected', reason: 'not on a Friday', approvals: [rejected] } as const;
    expect(says({ ...end, missing: { have: 0, need: 1 } })).toBe(
      'rejected:       alice, by key, 2026-08-02 09:00:00 UTC\n                not on a Friday\n',
    );
    expect(says({ state: 'expired', reason: 'nobody let it land in time' })).toBe(
      'reason:         nobody let it land in time\n',
    );
    const waiting = RUN_STATES.filter((state) => says({ state }).includes('lands by'));
    expect(waiting.sort()).toEqual(['awaiting-live-approval', 'promotable']);
  });

  it.each([
    ['rerun', 'rerun: the command runs once more, for real'],
    [null, 'nothing: its envelope says promotion: none'],
  ] as const)('names how it lands where that is %s', (mode, text) => {
    expect(says({ mode })).toContain(`lands by:       ${text}\n`);
  });
});
