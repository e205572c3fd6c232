import { describe, expect, it } from 'vitest';
import { landsFrom } from './landing.ts';

const run = (fields: Partial<Parameters<typeof landsFrom>[0]>) =>
  ({ claimant: 'token:worker', created_ms: 0, updated_ms: 0, ...fields }) as Parameters<typeof landsFrom>[0];

describe('a run that can land', () => {
  it('is handed to a worker at once where none has had it', () => {
    expect(landsFrom(run({ claimant: null, updated_ms: 50 }))).toBe(50);
  });

  it.each([
    ['soon', 0, 1_000],
    ['later, the older it is', 100_000, 110_000],
    ['at least every ten minutes', 100_000_000, 100_600_000],
  ])('is tried again after it was given back: %s', (_, updated_ms, from) => {
    expect(landsFrom(run({ updated_ms }))).toBe(from);
  });
});
