import { dir, file, link, type Thing, type Things } from '@drylane/worker/promote/apply.fixture';

/** Two trees, and the paths of the second one whose times the command set. */
export interface Mixed {
  readonly base: Things;
  readonly after: Things;
  readonly timed: readonly string[];
}

/** One piece of a change set: what it has before and after, below a name of its own. */
type Piece = readonly [before: Things, after: Things];

const TREE: Things = { '': dir(), '/a': file('a'), '/sub': dir({ mode: 0o700 }), '/sub/l': link('../a') };

/** Every kind of change, of everything that can change. */
const PIECES: readonly Piece[] = [
  [{}, { '': file('new', { mode: 0o600 }) }],
  [{}, { '': link('nowhere') }],
  [{}, TREE],
  [{}, { '': dir({ mode: 0o500 }) }],
  [{ '': file('old') }, { '': file('a longer text') }],
  [{ '': file('odd', { mode: 0o755 }) }, { '': file('new', { mode: 0o640 }) }],
  [{ '': link('old') }, { '': link('new') }],
  [{ '': file('gone') }, {}],
  [TREE, {}],
  [{ '': link('gone') }, {}],
  [{ '': file('same') }, { '': file('same', { mode: 0o755 }) }],
  [{ '': file('same') }, { '': file('same', { mode: 0o600, mtime: 1_500_000_000 }) }],
  [
    { '': dir(), '/in': file('1') },
    { '': dir({ mode: 0o700, mtime: 1_400_000_000 }), '/in': file('2'), '/new': file('3') },
  ],
  [
    { '': dir({ mode: 0o500 }), '/in': file('1') },
    { '': dir({ mode: 0o750, mtime: 1_300_000_000 }), '/new': file('2', { mtime: 1_200_000_000 }) },
  ],
  [{ '': file('file') }, TREE],
  [TREE, { '': file('file') }],
  [{ '': link('link') }, TREE],
  [TREE, { '': link('link') }],
  [{ '': file('file') }, { '': link('link') }],
];

/** A change set of at least `entries` entries, of every kind in turn, among files that stay. */
export function mixed(entries: number): Mixed {
  const [base, after]: [Record<string, Thing>, Record<string, Thing>] = [
    { '': dir() },
    { '': dir({ mode: 0o775 }) },
  ];
  const timed: string[] = ['.'];
  let changed = 1;
  for (let i = 0; changed < entries || i < PIECES.length; i++) {
    const [before, become] = PIECES[i % PIECES.length] ?? [{}, {}];
    for (const [key, thing] of Object.entries(before)) base[`p${i}${key}`] = thing;
    for (const [key, thing] of Object.entries(become)) {
      after[`p${i}${key}`] = thing;
      if (thing.mtime !== undefined) timed.push(`p${i}${key}`);
    }
    changed += Object.keys({ ...before, ...become }).length;
    for (const tree of [base, after]) tree[`p${i}-stays`] = file('stays', { mtime: 1_000_000_000 });
  }
  return { base, after, timed };
}
