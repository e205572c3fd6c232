import { describe, expect, it } from 'vitest';
import { DrylaneError } from './errors.ts';
import { isEnd, RUN_STATES, type RunState, TRANSITIONS, transition } from './lifecycle.ts';

const moves = (state: RunState): readonly RunState[] => TRANSITIONS[state];

describe('the life of a run', () => {
  it('begins with submitted, from which every state can be reached', () => {
    expect(RUN_STATES[0]).toBe('submitted');
    const reached = new Set<RunState>(['submitted']);
    for (const state of reached) for (const next of moves(state)) reached.add(next);
    expect([...reached].sort()).toEqual([...RUN_STATES].sort());
  });

  it('goes back in one place only: a promotion of which nothing landed', () => {
    const back = new Set<string>();
    const visit = (state: RunState, before: readonly RunState[]): void => {
      for (const next of moves(state))
        if ([...before, state].includes(next)) back.add(`${state} → ${next}`);
        else visit(next, [...before, state]);
    };
    visit('submitted', []);
    expect([...back]).toEqual(['promoting → promotable']);
  });

  it('goes from every state that is not an end to some end', () => {
    for (const state of RUN_STATES) expect(isEnd(state)).toBe(moves(state).length === 0);
    const ending = new Set(RUN_STATES.filter(isEnd));
    // One step back from the ends at a time, until nothing more is found.
    for (let size = -1; size < ending.size; ) {
      size = ending.size;
      for (const state of RUN_STATES) if (moves(state).some((next) => ending.has(next))) ending.add(state);
    }
    expect([...ending].sort()).toEqual([...RUN_STATES].sort());
  });

  it('lets every state that waits for a person be rejected, expired or cancelled', () => {
    for (const state of ['awaiting-rehearsal-approval', 'awaiting-live-approval', 'promotable'] as const)
      expect(moves(state)).toEqual(expect.arrayContaining(['rejected', 'expired', 'cancelled']));
  });

  it('never reaches the live workspace but through promotable', () => {
    expect(RUN_STATES.filter((state) => moves(state).includes('promoting'))).toEqual(['promotable']);
  });
});

describe.each(RUN_STATES)('from %s', (from) => {
  it.each(RUN_STATES)('to %s is allowed if the table says so, and else an error that names both', (to) => {
    if (moves(from).includes(to)) expect(transition(from, to)).toBe(to);
    else
      expect(() => transition(from, to)).toThrow(
        expect.objectContaining({
          code: 'illegal-transition',
          message: expect.stringContaining(`${from} → ${to}`),
        }),
      );
  });
});

describe('an illegal move', () => {
  it.each(RUN_STATES)('from %s says which moves there are', (from) => {
    try {
      transition(from, from);
    } catch (error) {
      expect(error).toBeInstanceOf(DrylaneError);
      const mend = (error as DrylaneError).problems[0]?.mend;
      for (const next of moves(from)) expect(mend).toContain(next);
      if (isEnd(from)) expect(mend).toBe('submit a new run');
    }
  });

  it('is refused for names that every object has', () => {
    for (const name of ['constructor', 'toString', '__proto__'])
      expect(() => transition('submitted', name as RunState)).toThrow(DrylaneError);
  });
});
