import { applyPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gnuHunks } from './gnu-diff.ts';
import { countLines, createDiffer, diffHere, type LineDiff, wholeHunk } from './lines.ts';

const texts = fc
  .tuple(
    fc.array(fc.constantFrom('', 'a', 'b', '+c', '-d', '@@ -1 +1 @@', '\\ x', '\xff', '\xfe', 'e\r')),
    fc.boolean(),
  )
  .map(([lines, ended]) => Buffer.from(lines.join('\n') + (ended && lines.length > 0 ? '\n' : ''), 'latin1'));

const applyTo = (before: Buffer, hunks: string): string | false =>
  hunks === ''
    ? before.toString('latin1')
    : applyPatch(before.toString('latin1'), `--- a\n+++ b\n${hunks}`, { autoConvertLineEndings: false });

const numbered = (count: number, say: (i: number) => string): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => `${say(i)}\n`).join(''));

describe('counting lines', () => {
  it('counts a last line without a newline, and none in an empty text', () => {
    expect(['', '\n', 'a', 'a\n', 'a\nb', '\n\n'].map((text) => countLines(Buffer.from(text)))).toEqual([
      0, 1, 1, 1, 2, 2,
    ]);
  });
});

describe('a comparison by line', () => {
  const holds = (before: Buffer, after: Buffer, diff: LineDiff | null) => {
    expect(diff).not.toBeNull();
    expect(applyTo(before, diff?.hunks ?? '')).toBe(after.toString('latin1'));
    expect((diff?.additions ?? 0) - (diff?.deletions ?? 0)).toBe(countLines(after) - countLines(before));
  };

  it('gives hunks that make the one text of the other, byte for byte', () => {
    fc.assert(fc.property(texts, texts, (before, after) => holds(before, after, diffHere(before, after))));
  });

  it('gives those hunks around a small change in a long text too', () => {
    const line = fc.integer({ min: 0, max: 39 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, fc.constantFrom('', 'x\n', 'x\ny\n', '7\n')), { maxLength: 4 }),
        (edits) => {
          const lines = Array.from({ length: 40 }, (_, i) => `${i % 9}\n`);
          const before = Buffer.from(lines.join(''));
          for (const [at, text] of edits) lines[at] = text;
          const after = Buffer.from(lines.join(''));
          holds(before, after, diffHere(before, after));
        },
      ),
    );
  });

  it('keeps three lines of context and the right numbers', () => {
    const text = (fifty: string) => numbered(100, (i) => (i === 50 ? fifty : `line ${i}`));
    expect(diffHere(text('a'), text('b'))?.hunks).toBe(
      '@@ -48,7 +48,7 @@\n line 47\n line 48\n line 49\n-a\n+b\n line 51\n line 52\n line 53\n',
    );
  });

  it('gives the same by GNU diff', async () => {
    const property = fc.asyncProperty(texts, texts, async (before, after) => {
      const hunks = await gnuHunks(before, after, 3);
      expect(applyTo(before, hunks ?? '')).toBe(after.toString('latin1'));
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it('goes to GNU diff when it costs too much here', async () => {
    const before = numbered(20_000, (i) => `line ${i}`);
    const after = numbered(20_000, (i) => (i % 3 === 0 ? `other ${i}` : `line ${i}`));
    expect(diffHere(before, after)).toBeNull();
    holds(before, after, await createDiffer()(before, after));
  });

  it('is given up when the time for all of them is spent', async () => {
    const differ = createDiffer(1);
    const text = (word: string) => numbered(30_000, (i) => `${word} ${i}`);
    expect(await differ(text('a'), text('b'))).not.toBeNull();
    expect(await differ(Buffer.from('a\n'), Buffer.from('b\n'))).toBeNull();
  });

  it('is not begun on millions of lines', async () => {
    const newlines = (count: number) => Buffer.alloc(count, '\n');
    expect(await createDiffer()(newlines(1_500_000), newlines(1_400_000))).toBeNull();
  });
});

describe('a whole text as one hunk', () => {
  it('makes the text of nothing, and nothing of the text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(applyTo(Buffer.alloc(0), wholeHunk(text, '+', text.length))).toBe(text.toString('latin1'));
        expect(applyTo(text, wholeHunk(text, '-', text.length))).toBe('');
      }),
    );
  });
});
