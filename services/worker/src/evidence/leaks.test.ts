import { describe, expect, it } from 'vitest';
import type { StepLookup } from './attribution.ts';
import { leaksOf } from './leaks.ts';

const lookup: StepLookup = {
  stepOf: (key) => (key === 'a\n' ? 3 : null),
  lastStepIn: () => null,
  touchedBy: () => [],
};
const nothing = {
  ...{ observed: { spills: [] }, outside: { spills: [] }, lookup },
  ...{ stdout: { credentials: [] }, stderr: { credentials: [] } },
  settled: { steps: [{ index: 0, ran: true }] },
};

describe('leaks', () => {
  it('are none where nothing was seen', () => {
    expect(leaksOf(nothing, [])).toEqual([]);
  });

  it('name the place, and the step where it is known', () => {
    const seen = {
      ...nothing,
      observed: { spills: [{ credential: 'T', path: 'a\n' }] },
      outside: { spills: [{ credential: 'T', path: '/root/.netrc' }] },
      stdout: { credentials: ['T', 'U'] },
      stderr: { credentials: ['T'] },
    };
    expect(leaksOf(seen, [{ credential: 'T', where: 'argv', path: null, step: 1 }])).toEqual([
      { credential: 'T', where: 'stdout', path: null, step: 0 },
      { credential: 'U', where: 'stdout', path: null, step: 0 },
      { credential: 'T', where: 'stderr', path: null, step: 0 },
      { credential: 'T', where: 'change', path: 'a\n', step: 3 },
      { credential: 'T', where: 'change', path: '/root/.netrc', step: null },
      { credential: 'T', where: 'argv', path: null, step: 1 },
    ]);
  });

  it('of output have no step where several ran', () => {
    const steps = [
      { index: 0, ran: true },
      { index: 1, ran: false },
      { index: 2, ran: true },
    ];
    const seen = { ...nothing, settled: { steps }, stdout: { credentials: ['T'] } };
    expect(leaksOf(seen, [])).toMatchObject([{ step: null }]);
  });

  it('are each told once', () => {
    const leak = { credential: 'T', where: 'argv' as const, path: null, step: 1 };
    expect(leaksOf(nothing, [leak, { ...leak }, { ...leak, step: 2 }])).toHaveLength(2);
  });
});
