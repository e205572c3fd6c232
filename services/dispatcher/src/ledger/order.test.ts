import type { RunState } from '@drylane/proto/lifecycle';
import { isEnd, RUN_STATES, transition } from '@drylane/proto/lifecycle';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, advanceAll, SETTLEMENT, WAITING_STATES, WORKING_STATES } from './advance.ts';
import type { LedgerEvent } from './event.ts';
import {
  ASKED,
  approved,
  claimed,
  classified,
  decided,
  digest,
  ID,
  moved,
  NOW,
  OTHER,
  rehearsed,
  rejected,
  settled,
  submitted,
  WHOLE,
  word,
} from './ledger.fixture.ts';
import { type History, leftUndone } from './order.ts';

const receipted: LedgerEvent = { type: 'receipted', sequence: 0, digest };
const REHEARSING = WHOLE.slice(0, 3);
const PROMOTING = [...WHOLE, claimed, moved('promoting')];
const ASKED_FIRST = [submitted(), classified, moved('awaiting-rehearsal-approval')];
const inRehearsal = { lane: 'rehearsal' } as const;

// Everything that can be tried on a run, by name.
const EVENTS: Readonly<Record<string, LedgerEvent>> = {
  submitted: submitted(),
  classified,
  rehearsed,
  decided,
  'approved live': approved(word('bob')),
  'approved rehearsal': approved(word('bob', inRehearsal)),
  'rejected live': rejected(word('bob')),
  'rejected rehearsal': rejected(word('bob', inRehearsal)),
  claimed,
  'settled promoted': settled('promoted'),
  'settled rolled-back': settled('rolled-back'),
  'settled otherwise': { type: 'settled', mode: 'rerun', result: 'promoted' },
  receipted,
  requested: { type: 'requested', by: 'ada' },
  ...Object.fromEntries(RUN_STATES.map((to) => [`to ${to}`, moved(to)])),
};

// Where a run can stand, and all that can happen to it there; the halves of an append stand here, too.
const SITUATIONS: readonly (readonly [name: string, events: readonly LedgerEvent[], possible: string])[] = [
  [
    'submitted',
    [submitted()],
    'classified, to refused, to awaiting-rehearsal-approval, to rehearsing, to cancelled',
  ],
  [
    'classified',
    WHOLE.slice(0, 2),
    'to refused, to awaiting-rehearsal-approval, to rehearsing, to cancelled',
  ],
  [
    'waiting for its rehearsal',
    ASKED_FIRST,
    'approved rehearsal, rejected rehearsal, to rehearsing, to expired, to cancelled',
  ],
  [
    'allowed to rehearse by somebody',
    [...ASKED_FIRST, approved(word('ada', inRehearsal))],
    'approved rehearsal, rejected rehearsal, to rehearsing, to expired, to cancelled',
  ],
  [
    'rehearsing',
    REHEARSING,
    'rehearsed, to blocked, to inconclusive, to awaiting-live-approval, to promotable',
  ],
  [
    'rehearsed',
    WHOLE.slice(0, 4),
    'decided, to blocked, to inconclusive, to awaiting-live-approval, to promotable',
  ],
  ['decided', WHOLE.slice(0, 5), 'to blocked, to inconclusive, to awaiting-live-approval, to promotable'],
  ['waiting to land', ASKED, 'approved live, rejected live, to promotable, to expired, to cancelled'],
  [
    'waiting to land, allowed by one',
    [...ASKED, approved(word('ada'))],
    'approved live, rejected live, to promotable, to expired, to cancelled',
  ],
  [
    'waiting to land, allowed by the same',
    [...ASKED, approved(word('bob'))],
    'rejected live, to promotable, to expired, to cancelled',
  ],
  ['rejected by word only', [...ASKED, rejected(word('ada'))], 'to rejected'],
  ['rejected by word only, when it could land', [...WHOLE, rejected(word('ada'))], 'to rejected'],
  ['promotable', WHOLE, 'rejected live, claimed, to expired, to cancelled'],
  ['claimed only', [...WHOLE, claimed], 'to promoting'],
  ['promoting', PROMOTING, 'settled promoted, settled rolled-back, to unknown'],
  ['settled only, as promoted', [...PROMOTING, settled('promoted')], 'to promoted'],
  ['settled only, as unknown', [...PROMOTING, settled('unknown')], 'to unknown'],
  ['settled only, as undone', [...PROMOTING, settled('rolled-back')], 'to promotable'],
  [
    'promotable again',
    [...PROMOTING, settled('rolled-back'), moved('promotable')],
    'rejected live, claimed, to expired, to cancelled',
  ],
  ['promoted', [...PROMOTING, settled('promoted'), moved('promoted')], 'receipted'],
  ['promoted, with a receipt', [...PROMOTING, settled('promoted'), moved('promoted'), receipted], ''],
  ['drifted', [...PROMOTING, settled('drifted'), moved('drifted')], 'receipted'],
  ['diverged', [...PROMOTING, settled('diverged'), moved('diverged')], 'receipted'],
  ['unknown', [...PROMOTING, moved('unknown')], 'receipted'],
  ['rejected', [...ASKED, rejected(word('ada')), moved('rejected')], 'receipted'],
  ['refused', [submitted(), moved('refused')], 'receipted'],
  ['blocked', [...REHEARSING, moved('blocked')], 'receipted'],
  ['inconclusive', [...REHEARSING, moved('inconclusive')], 'receipted'],
  ['expired', [...WHOLE, moved('expired')], 'receipted'],
  ['cancelled', [...ASKED, moved('cancelled')], 'receipted'],
];

const foldOf = (events: readonly LedgerEvent[]): History | undefined =>
  events.reduce<History | undefined>((history, event) => advance(history, ID, event, NOW), undefined);

describe('what can happen to a run', () => {
  it.each(SITUATIONS)('that is %s is only what the order of events allows', (_, events, possible) => {
    const history = foldOf(events);
    const allowed = Object.entries(EVENTS)
      .filter(([, event]) => isAllowed(() => advance(history, ID, event, NOW)))
      .map(([name]) => name);
    // Whoever wants it to land may say so as long as it lives.
    const lives = history !== undefined && !isEnd(history.run.state) && leftUndone(history) === undefined;
    const any = lives ? ['requested'] : [];
    expect(allowed.sort()).toEqual([...possible.split(', ').filter(Boolean), ...any].sort());
  });

  it('is tried from every state', () => {
    const states = new Set(SITUATIONS.map(([, events]) => foldOf(events)?.run.state));
    expect([...states].sort()).toEqual([...RUN_STATES].sort());
  });
});

function isAllowed(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'illegal-transition' });
    return false;
  }
}

describe('an approval', () => {
  const after = (first: LedgerEvent, second: LedgerEvent, timeMs = NOW) =>
    isAllowed(() => advance(foldOf([...ASKED, first]), ID, second, timeMs));

  it('by the same person is one more only when the first has expired or stands for something else', () => {
    const first = approved(word('ada'));
    const again = word('ada', { expires_ms: NOW + 5000 });
    expect(after(first, approved(again), NOW + 999)).toBe(false);
    expect(after(first, approved(again), NOW + 1000)).toBe(true);
    expect(after(first, approved({ ...again, bound: OTHER }))).toBe(true);
  });

  it('is given before it expires, to the millisecond', () => {
    const late = (timeMs: number) =>
      isAllowed(() => advance(foldOf(ASKED), ID, approved(word('ada')), timeMs));
    expect([late(NOW + 999), late(NOW + 1000)]).toEqual([true, false]);
  });

  it('never comes from whoever submitted the run', () => {
    const [, ...rest] = ASKED;
    const history = foldOf([submitted({ submitter: 'ada' }), ...rest]);
    expect(isAllowed(() => advance(history, ID, approved(word('ada')), NOW))).toBe(false);
    expect(isAllowed(() => advance(history, ID, approved(word('bob')), NOW))).toBe(true);
  });

  it('is of somebody who has shown who they are', () => {
    const nobody = word('bob', { approver: { id: 'bob', proof: 'none' } });
    expect(isAllowed(() => advance(foldOf(ASKED), ID, approved(nobody), NOW))).toBe(false);
    expect(isAllowed(() => advance(foldOf(ASKED), ID, rejected(nobody), NOW))).toBe(true);
  });

  it('is no rejection, and a rejection no approval', () => {
    const no = word('bob', { decision: 'reject' });
    expect(isAllowed(() => advance(foldOf(ASKED), ID, approved(no), NOW))).toBe(false);
    const yes = { type: 'rejected', approval: word('bob') } as const;
    expect(isAllowed(() => advance(foldOf(ASKED), ID, yes, NOW))).toBe(false);
  });
});

describe('one append', () => {
  it.each([
    ['a claim without its move', [...WHOLE, claimed]],
    ['a rejection without its end', [...ASKED, rejected(word('ada'))]],
    ['a result without its move', [...PROMOTING, settled('promoted')]],
  ] as const)('does not end with %s', (_, events) => {
    expect(isAllowed(() => advanceAll(undefined, ID, events, NOW))).toBe(false);
  });

  it('of nothing leaves a run as it is', () => {
    const history = foldOf(PROMOTING);
    expect(advanceAll(history, ID, [], NOW)).toBe(history);
  });
});

describe('any order in which events are tried', () => {
  const anyEvents = fc.array(fc.constantFrom(...Object.values(EVENTS)), { maxLength: 60 });

  it('claims a run once, unless nothing landed, and gives it one receipt, last', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const taken: LedgerEvent[] = [...WHOLE];
        for (const event of events) if (isAllowed(() => foldOf([...taken, event]))) taken.push(event);
        const { run } = advanceAll(undefined, ID, complete(taken), NOW);
        const count = (type: string) => taken.filter((event) => event.type === type).length;
        const undone =
          taken.filter((event) => event.type === 'moved' && event.to === 'promotable').length - 1;
        expect(count('claimed') - undone).toBeLessThanOrEqual(1);
        expect(count('receipted')).toBe(run.receipt_digest === null ? 0 : 1);
        if (count('receipted') > 0) expect(taken.at(-1)?.type).toBe('receipted');
        expect(run.promotion_mode !== null).toBe(
          run.state === 'promoting' || run.promotion_result !== null || run.state === 'unknown',
        );
      }),
    );
  });

  // What an append would not leave half done is brought to its end.
  function complete(events: readonly LedgerEvent[]): readonly LedgerEvent[] {
    const last = events.at(-1);
    if (last?.type === 'claimed') return [...events, moved('promoting')];
    if (last?.type === 'rejected') return [...events, moved('rejected')];
    if (last?.type !== 'settled') return events;
    return [...events, moved(last.result === 'rolled-back' ? 'promotable' : last.result)];
  }
});

describe('a run whose process died', () => {
  it('can be settled by legal moves that end it', () => {
    for (const [from, path] of Object.entries(SETTLEMENT)) {
      const start = RUN_STATES.find((state) => state === from) ?? 'submitted';
      expect(isEnd(path.reduce<RunState>((state, to) => transition(state, to), start))).toBe(true);
    }
  });

  it('is one that works, waits, or has ended', () => {
    const kinds = RUN_STATES.map((state) => [
      WORKING_STATES.some((working) => working === state),
      WAITING_STATES.includes(state),
      isEnd(state),
    ]);
    for (const kind of kinds) expect(kind.filter(Boolean)).toHaveLength(1);
  });
});
