import type { FileState } from '@drylane/proto/evidence';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf, type Stood } from './landing.ts';

const FILE: FileState = {
  ...{ type: 'file', size: 1, mode: '0644', uid: 1, gid: 1, target: null },
  sha256: 'a'.repeat(64),
};
const SECOND = 1_000_000_000n;
const SPAN = { fromNs: 100n * SECOND, toNs: 110n * SECOND };
const stood = (mtimeNs: bigint, over: Partial<FileState> = {}): Stood => ({
  state: { ...FILE, ...over },
  entry: { mtimeNs, rdev: 0n },
});
const timeOf = (before: Stood | null, after: Stood | null) =>
  entryOf({ key: 'a', before, after }, SPAN)?.mtime;

describe('the time that a change set tells of a path', () => {
  it('is none within the rehearsal and two seconds around it, and else the one that was set', () => {
    const edge = fc.constantFrom(97n, 98n, 112n, 113n).map((seconds) => seconds * SECOND);
    fc.assert(
      fc.property(edge, fc.bigInt({ min: -2n, max: 2n }), (near, off) => {
        const mtimeNs = near + off;
        const within = mtimeNs >= 98n * SECOND && mtimeNs <= 112n * SECOND;
        expect(timeOf(null, stood(mtimeNs))).toBe(within ? null : String(mtimeNs));
      }),
    );
  });

  it('is none where contents and time stayed, and told where the contents are others', () => {
    expect(timeOf(stood(5n), stood(5n, { mode: '0600' }))).toBeNull();
    expect(timeOf(stood(5n), stood(6n, { mode: '0600' }))).toBe('6');
    expect(timeOf(stood(5n), stood(5n, { sha256: 'b'.repeat(64) }))).toBe('5');
    expect(timeOf(stood(5n), stood(5n, { type: 'dir', sha256: null, size: 0 }))).toBe('5');
  });

  it('is none for what is gone', () => {
    expect(timeOf(stood(5n), null)).toBeNull();
  });
});

it('other times alone are no change', () => {
  expect(entryOf({ key: 'a', before: stood(5n), after: stood(6n) }, SPAN)).toBeUndefined();
  expect(entryOf({ key: 'a', before: null, after: null }, SPAN)).toBeUndefined();
});

it('a path is told as evidence tells it', () => {
  expect(entryOf({ key: '', before: null, after: stood(0n) }, SPAN)?.path).toBe('.');
  expect(entryOf({ key: 'a\\\xff', before: null, after: stood(0n) }, SPAN)?.path).toBe('a\\\\\\xff');
});
