import { describe, expect, it } from 'vitest';
import { MAX_DOCUMENT_BYTES } from './document.ts';
import type { Promotion } from './promotion.ts';
import { Claim, type Landed } from './task.ts';
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

  it('has nothing in it that no record could hold', () => {
    const [bad, good] = ['a\ud800', 'a\u001b[2J\u0000'];
    const told = (said: string) => [
      ended({ merged: [said] }),
      ended({ conflicts: [said] }),
      ...[{ path: said }, { expected: said }, { found: said }].map((one) =>
        ended({ drifts: [{ path: 'p', expected: 'e', found: 'f', ...one }] }),
      ),
      { result: 'rolled-back', reason: said, owner: 'me' },
      { result: 'untouched', reason: said, owner: 'me' },
    ];
    expect(told(good).filter((one) => !Told.safeParse(one).success)).toEqual([]);
    expect(told(bad).filter((one) => Told.safeParse(one).success)).toEqual([]);
    const claim = { mode: 'apply', bound: `sha256:${'0'.repeat(64)}` };
    for (const owner of [bad, good, '', 'x'.repeat(201)]) {
      expect(Claim.safeParse({ ...claim, owner }).success).toBe(false);
      expect(Told.safeParse({ result: 'untouched', reason: '', owner }).success).toBe(false);
    }
    expect(Claim.safeParse({ ...claim, owner: 'me.1:2@3 4' }).success).toBe(true);
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
