import { expect, it } from 'vitest';
import { spentOf, steadyOf } from './spent.ts';

/** Two workers of three runs of a second each; one begins late. */
const EARLY = { begun: [200, 1_210, 2_220], ended: [1_200, 2_210, 3_220] };
const LATE = { begun: [700, 1_710, 2_720], ended: [1_700, 2_710, 3_720] };

it('tells runs from idle slots, and both from what comes once', () => {
  expect(spentOf([EARLY], { sinceMs: 100, untilMs: 3_300 })).toEqual({
    ...{ run: 1_000, between: 10, before: 100, after: 80 },
  });
  expect(spentOf([EARLY, LATE], { sinceMs: 100, untilMs: 3_800 })).toEqual({
    ...{ run: 1_000, between: 10, before: 350, after: 330 },
  });
});

it('counts two workers as two whenever they begin, and what they do in idle slots as nothing', () => {
  expect(steadyOf([EARLY])).toBeCloseTo(1_000 / 1_010);
  expect(steadyOf([EARLY, LATE]) / steadyOf([EARLY])).toBeCloseTo(2);
  const idle = { begun: [0, 3_000], ended: [1_000, 4_000] };
  expect(steadyOf([idle])).toBeCloseTo(1 / 3);
});

it('knows nothing of a worker with one run', () => {
  expect(steadyOf([{ begun: [0], ended: [1_000] }])).toBe(0);
});
