import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeSet, type ChangeSetEntry, comparePaths, kindOf } from './change-set.ts';
import { digestOf, digestOfJson } from './digest.ts';
import { FILE_TYPES, type FileState, type FileType } from './evidence.ts';
import { encodePath } from './paths.ts';

const FILE: FileState = {
  ...{ type: 'file', size: 1, mode: '0644', uid: 1, gid: 1, target: null },
  sha256: 'a'.repeat(64),
};
const added = (path: string): ChangeSetEntry => ({
  path,
  kind: 'added',
  before: null,
  after: FILE,
  mtime: null,
});
const changeSet = (...entries: ChangeSetEntry[]): ChangeSet => ({
  ...{ version: 1, entries, bases: null },
  layer: { digest: digestOf(''), size: 0 },
});
const takes = (...entries: ChangeSetEntry[]): boolean => ChangeSet.safeParse(changeSet(...entries)).success;

const name = fc
  .uint8Array({ minLength: 1, maxLength: 5 })
  .map((bytes) => bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x2e : byte)))
  .filter((bytes) => !['.', '..'].includes(Buffer.from(bytes).toString()));
const path = fc
  .array(name, { minLength: 1, maxLength: 3 })
  .map((parts) =>
    encodePath(Buffer.concat(parts.flatMap((part, i) => (i > 0 ? [Buffer.from('/'), part] : [part])))),
  );

describe('how a path changed', () => {
  const stood = [null, ...FILE_TYPES];
  it.each(stood.flatMap((before) => stood.map((after) => [before, after] as const)))(
    'is decided for %s that becomes %s',
    (before, after) => {
      const of = (type: FileType | null) => type && { ...FILE, type, sha256: null };
      const other = before === null ? 'added' : after === null ? 'deleted' : 'type';
      expect(kindOf(of(before), of(after))).toBe(before === after ? undefined : other);
    },
  );

  it.each([
    [{ sha256: 'b'.repeat(64) }, 'modified'],
    [{ target: 'elsewhere' }, 'modified'],
    [{ size: 2 }, 'modified'],
    [{ size: 2, mode: '0600' }, 'modified'],
    [{ mode: '0600' }, 'mode'],
    [{ uid: 2 }, 'mode'],
    [{ gid: 2 }, 'mode'],
    [{}, undefined],
  ] as const)('with %o is %s', (over, kind) => {
    expect(kindOf(FILE, { ...FILE, ...over })).toBe(kind);
  });
});

describe('the order of paths', () => {
  it('has a directory right before all that is below it, and the root before all', () => {
    expect(['b', 'a/z', 'a.b', 'a', 'a-b', 'a/b/c', '.', 'a/b', '-'].toSorted(comparePaths)).toEqual([
      '.',
      '-',
      'a',
      'a/b',
      'a/b/c',
      'a/z',
      'a-b',
      'a.b',
      'b',
    ]);
  });

  it('is one order of all paths, whatever their bytes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 8 }), (paths) => {
        const sorted = paths.toSorted(comparePaths);
        expect(paths.toReversed().toSorted(comparePaths)).toEqual(sorted);
        if (sorted.length > 0) expect(takes(...sorted.map(added))).toBe(true);
        for (const [index, directory] of sorted.entries()) {
          const below = sorted.filter((other) => other.startsWith(`${directory}/`));
          expect(sorted.slice(index + 1, index + 1 + below.length)).toEqual(below);
        }
      }),
    );
  });
});

describe('a change set', () => {
  it('has the same digest whatever the order of its fields', () => {
    const one = changeSet(added('a'));
    const other = { bases: null, entries: one.entries, layer: one.layer, version: 1 };
    expect(digestOfJson(other)).toBe(digestOfJson(one));
  });

  it('is refused when a path is told twice or not in order, and when there is none', () => {
    expect(takes(added('a'), added('b'))).toBe(true);
    expect(takes(added('b'), added('a'))).toBe(false);
    expect(takes(added('a'), added('a'))).toBe(false);
    expect(takes()).toBe(false);
  });

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '..',
    '../a',
    'a/../b',
    'a/./b',
    './a',
    'a\0b',
    '\\x41',
    'a\\b',
    '\\xzz',
  ])('is refused with the path %j', (bad) => {
    expect(takes(added(bad))).toBe(false);
  });

  it.each(['.', '...', 'a', '.git', 'a\\\\b', '\\xff', 'a b', 'a\nb', 'é'])('takes the path %j', (good) => {
    expect(takes(added(good))).toBe(true);
  });

  it('is refused when its kinds say other than its states', () => {
    const entry = added('a');
    expect(takes({ ...entry, kind: 'modified' })).toBe(false);
    expect(takes({ ...entry, before: FILE })).toBe(false);
    expect(takes({ ...entry, after: null })).toBe(false);
    expect(takes({ ...entry, before: FILE, after: null, kind: 'deleted' })).toBe(true);
  });

  it.each([
    ['0', true],
    ['-5', true],
    ['99999999999999999999', true],
    ['100000000000000000000', false],
    ['1.5', false],
    ['', false],
    [' 1', false],
  ])('with the time %j is taken: %s', (mtime, taken) => {
    expect(takes({ ...added('a'), mtime })).toBe(taken);
  });
});
