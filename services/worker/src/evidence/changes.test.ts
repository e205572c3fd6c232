import type { ChangeKind } from '@drylane/proto/evidence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObservedChanges } from './changes.ts';
import { applied, type Rehearsed, rehearse, snapshot } from './rehearsed.fixture.ts';

type Stood = 'absent' | 'file' | 'empty-dir' | 'full-dir' | 'symlink' | 'fifo' | 'socket';

/** How to make each thing at `x`; the same way of making gives the same thing. */
const MAKE: Readonly<Record<Stood, string>> = {
  absent: ':',
  file: 'echo text > x',
  'empty-dir': 'mkdir x',
  'full-dir': 'mkdir -p x/sub; echo a > x/a; echo b > x/sub/b',
  symlink: 'ln -s /etc/passwd x',
  fifo: 'mkfifo x',
  socket: 'socket_at x',
};

type Row = Readonly<Record<Stood, readonly string[]>>;

const none: readonly string[] = [];
const added = ['added x'];
const type = ['type x'];
const deleted = ['deleted x'];
const typeToFull = ['type x', 'added x/a', 'added x/sub/b'];
const typeFromFull = ['type x', 'deleted x/a', 'deleted x/sub'];

/** What is reported of `x` when what stood there (first key) is removed and something (second key) is made anew. */
const REPLACED: Readonly<Record<Stood, Row>> = {
  absent: {
    ...{ absent: none, file: added, 'empty-dir': added, symlink: added, fifo: added, socket: added },
    'full-dir': ['added x/a', 'added x/sub/b'],
  },
  file: {
    ...{ absent: deleted, file: none, 'empty-dir': type, symlink: type, fifo: type, socket: type },
    'full-dir': typeToFull,
  },
  'empty-dir': {
    ...{ absent: deleted, file: type, 'empty-dir': none, symlink: type, fifo: type, socket: type },
    'full-dir': ['added x/a', 'added x/sub/b'],
  },
  'full-dir': {
    ...{ absent: deleted, file: typeFromFull, 'empty-dir': ['deleted x/a', 'deleted x/sub'] },
    ...{ 'full-dir': none, symlink: typeFromFull, fifo: typeFromFull, socket: typeFromFull },
  },
  symlink: {
    ...{ absent: deleted, file: type, 'empty-dir': type, symlink: none, fifo: type, socket: type },
    'full-dir': typeToFull,
  },
  fifo: {
    ...{ absent: deleted, file: type, 'empty-dir': type, symlink: type, fifo: none, socket: type },
    'full-dir': typeToFull,
  },
  socket: {
    ...{ absent: deleted, file: type, 'empty-dir': type, symlink: type, fifo: type, socket: none },
    'full-dir': typeToFull,
  },
};

/** Changes that are no replacement: what stands at `x`, what a command does, what is reported. */
const DONE: Readonly<
  Record<string, readonly [prepare: string, command: string, reported: readonly string[]]>
> = {
  'a file is overwritten': ['echo a > x', 'echo b > x', ['modified x']],
  'a file is appended to': ['echo a > x', 'echo b >> x', ['modified x']],
  'a file is emptied': ['echo a > x', ': > x', ['modified x']],
  'a file grows by a hole': ['echo a > x', 'truncate -s 1M x', ['modified x']],
  'a byte changes, size and times do not': [
    'echo a > x; touch -d @0 x',
    'echo b > x; touch -d @0 x',
    ['modified x'],
  ],
  'a file is written anew with the same bytes': ['echo a > x', 'rm x; echo a > x', []],
  'a file is touched': ['echo a > x', 'touch x', []],
  'a file is opened for writing': ['echo a > x', ': >> x', []],
  'a mode changes and changes back': ['echo a > x', 'chmod 600 x; chmod 644 x', []],
  'a directory is touched': ['mkdir x', 'touch x', []],
  'a file is made and removed': [':', 'echo a > x; rm x', []],
  "a file's mode changes": ['echo a > x', 'chmod 4755 x', ['mode x']],
  "a file's owner changes": ['echo a > x', 'chown 1:2 x', ['mode x']],
  "a directory's mode changes": ['mkdir x; echo a > x/a', 'chmod 1777 x', ['mode x']],
  "a directory's owner changes": ['mkdir x', 'chown 5 x', ['mode x']],
  "a link's owner changes": ['ln -s a x', 'chown -h 5 x', ['mode x']],
  "a FIFO's mode changes": ['mkfifo x', 'chmod 600 x', ['mode x']],
  'content and mode change': ['echo a > x', 'echo b > x; chmod 600 x', ['modified x']],
  'a link points elsewhere': ['ln -s a x', 'ln -sfn b x', ['modified x']],
  'a second name is given to a file': ['echo a > x', 'ln x y', ['added y']],
  'a file with two names is written': ['echo a > x; ln x y', 'echo b >> x', ['modified x']],
  'a file is renamed': ['echo a > x', 'mv x y', ['deleted x', 'added y']],
  'a file is renamed over another': ['echo a > x; echo b > y', 'mv x y', ['deleted x', 'modified y']],
  'a directory is renamed': [
    'mkdir -p x/sub; echo a > x/a; echo b > x/sub/b',
    'mv x y',
    ['deleted x', 'added y/a', 'added y/sub/b'],
  ],
  'a directory is removed and made again': [
    'mkdir x; echo a > x/a; echo b > x/b',
    'rm -r x; mkdir x; echo a > x/a; echo c > x/c',
    ['deleted x/b', 'added x/c'],
  ],
  'a directory inside a removed one is made again': [
    'mkdir -p x/sub; echo a > x/sub/a; echo b > x/sub/b',
    'rm -r x; mkdir -p x/sub; echo b > x/sub/b',
    ['deleted x/sub/a'],
  ],
  'a removed directory is a file, then a directory again': [
    'mkdir x; echo a > x/a',
    'rm -r x; echo f > x; rm x; mkdir x; echo b > x/b',
    ['deleted x/a', 'added x/b'],
  ],
  'a link to a directory outside becomes that directory': [
    'ln -s /etc x',
    'rm x; mkdir x; echo mine > x/passwd',
    ['type x', 'added x/passwd'],
  ],
  'a directory becomes a link to a like one': [
    'mkdir x y; echo a > x/a; echo a > y/a',
    'rm -r x; ln -s y x',
    ['type x', 'deleted x/a'],
  ],
  'added directories are empty': [':', 'mkdir -p x/y x/z', ['added x/y', 'added x/z']],
  'an added directory is open to all': [':', 'mkdir -m 777 x; echo a > x/a', ['added x', 'added x/a']],
  'names that look like marks of an overlay': [
    'mkdir x; echo a > x/.wh.a; echo b > x/.wh..wh..opq',
    'cd x; rm .wh.a; echo c > .wh.c; mkdir .wh..wh.dir; echo d > .wh..wh.dir/d',
    ['deleted x/.wh.a', 'added x/.wh..wh.dir/d', 'added x/.wh.c'],
  ],
  'names with dashes, newlines, spaces and backslashes': [
    "mkdir x; echo a > 'x/-rf'; echo a > $'x/new\\nline'",
    "cd x; rm -- -rf; echo b > $'new\\nline'; echo c > ' c '; echo d > 'back\\slash'; echo e > '*'",
    ['added x/ c ', 'added x/*', 'deleted x/-rf', 'added x/back\\\\slash', 'modified x/new\nline'],
  ],
  'names that are not UTF-8': [
    "mkdir x; echo a > $'x/\\xff\\xfe'; echo a > $'x/\\xff\\xfd'",
    "cd x; rm $'\\xff\\xfe'; mkdir $'d\\xe9'; echo b > $'d\\xe9/\\xc3\\xa9'; ln -s $'\\x80' link",
    ['added x/d\\xe9/é', 'added x/link', 'deleted x/\\xff\\xfe'],
  ],
};

const KINDS: readonly ChangeKind[] = ['added', 'modified', 'deleted', 'mode', 'type'];
const reported = (observed: ObservedChanges, cell: string): string[] =>
  observed.changes
    .filter((change) => change.path.startsWith(`${cell}/`))
    .map((change) => `${change.kind} ${change.path.slice(cell.length + 1)}`);

describe('what a rehearsal changed', () => {
  const cells = [
    ...Object.entries(REPLACED).flatMap(([from, row]) =>
      Object.entries(row).map(([to, expected]) => ({
        name: `${from} replaced by ${to}`,
        prepare: MAKE[from as Stood],
        command: `rm -rf x; ${MAKE[to as Stood]}`,
        expected,
      })),
    ),
    ...Object.entries(DONE).map(([name, [prepare, command, expected]]) => ({
      name,
      prepare,
      command,
      expected,
    })),
  ].map((cell, index) => ({ ...cell, dir: `cell-${index}` }));

  let rehearsed: Rehearsed;
  let observed: ObservedChanges;
  beforeAll(async () => {
    const each = (what: 'prepare' | 'command') =>
      cells.map((cell) => `(mkdir -p ${cell.dir}; cd ${cell.dir}; ${cell[what]})`).join('\n');
    rehearsed = await rehearse(each('prepare'));
    rehearsed.run(each('command'));
    observed = await rehearsed.observe();
  });
  afterAll(() => rehearsed.end());

  it.each(cells)('is told when $name', ({ dir, expected }) => {
    expect(reported(observed, dir).sort()).toEqual([...expected].sort());
  });

  it('is told whole: the changes make of the workspace exactly what the command saw', () => {
    const merged = snapshot(rehearsed.merged);
    expect(applied(snapshot(rehearsed.lower), observed.changes, merged)).toEqual(merged);
    expect(observed.complete).toBe(true);
    expect(new Set(observed.changes.map((change) => change.kind))).toEqual(new Set(KINDS));
  });

  it('has a patch for each change, in the same order', () => {
    expect(observed.patches.map((patch) => patch.path)).toEqual(
      observed.changes.map((change) => change.path),
    );
  });
});
