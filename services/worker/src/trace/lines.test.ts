import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLines } from './lines.ts';

function split(chunks: readonly Buffer[], longest?: number): { lines: string[]; whole: boolean } {
  const lines: string[] = [];
  const splitter = splitLines(
    { line: (line) => lines.push(line.toString('latin1')), tooLong: () => lines.push('<too long>') },
    longest,
  );
  for (const chunk of chunks) splitter.push(chunk);
  return { lines, whole: splitter.atLineEnd() };
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

test('lines are the same however the bytes are cut', () => {
  const text = fc
    .array(fc.constantFrom('a', 'bc', '\n', '\n\n', 'x'.repeat(40)))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(20)), (whole, sizes) => {
      const expected = whole.split('\n');
      const rest = expected.pop();
      const { lines, whole: ended } = split(cut(Buffer.from(whole), sizes));
      expect(lines).toEqual(expected);
      expect(ended).toBe(rest === '');
    }),
  );
});

test('a line that is too long is told once and the next one is read', () => {
  const bytes = Buffer.from(`short\n${'y'.repeat(30)}\nnext\n`);
  for (const size of [1, 3, 9, 100])
    expect(split(cut(bytes, new Array(50).fill(size)), 10).lines).toEqual(['short', '<too long>', 'next']);
});

test('a line of exactly the longest length is read', () => {
  expect(split([Buffer.from('1234567890\n')], 10).lines).toEqual(['1234567890']);
  expect(split([Buffer.from('12345'), Buffer.from('67890'), Buffer.from('\n')], 10).lines).toEqual([
    '1234567890',
  ]);
});

test('a chunk that is used again afterwards does not change what is held', () => {
  const lines: string[] = [];
  const splitter = splitLines({ line: (line) => lines.push(line.toString()), tooLong: () => undefined });
  const chunk = Buffer.from('held');
  splitter.push(chunk);
  chunk.set(randomBytes(4));
  splitter.push(Buffer.from('\n'));
  expect(lines).toEqual(['held']);
});
