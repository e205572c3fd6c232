import { describe, expect, it } from 'vitest';
import { MAX_DOCUMENT_BYTES } from './document.ts';
import type { Promotion } from './promotion.ts';
import type { Landed } from './task.ts';
import { Told, toldOf } from './told.ts';

const ended = (more: Partial<Promotion>): Landed => ({
  ...{ result: 'ended', owner: 'me' },
  promotion: {
    ...{ mode: 'apply', result: 'drifted', evidence_digest: null },
    ...{ merged: [], drifts: [], divergences: [], conflicts: [], ...more },
  },
});

describe('what is told of a run that was taken', () => {
  it('fits into a document, however much there is to tell', () => {
    const long = '\u0001'.repeat(100_000);
    const many = Array.from({ length: 5000 }, () => long);
    const drifts = many.map((path) => ({ path, expected: path, found: path }));
    const told = toldOf(ended({ merged: many, conflicts: many, drifts }));
    expect(Told.parse(told)).toEqual(told);
    expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(MAX_DOCUMENT_BYTES);
    expect(toldOf({ result: 'rolled-back', reason: '\ud83d'.repeat(9999), owner: 'me' })).toMatchObject({
      reason: '\ufffd'.repeat(500),
    });
  });

  it('is never of a command that ran again', () => {
    for (const more of [
      { mode: 'rerun' },
      { result: 'diverged' },
      { evidence_digest: `sha256:${'0'.repeat(64)}` },
    ] as const)
      expect(Told.safeParse(ended(more)).success).toBe(false);
    expect(Told.safeParse(ended({})).success).toBe(true);
  });
});
