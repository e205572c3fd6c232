import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needsMounts } from '../sandbox/mounts.fixture.ts';
import { dir, file, link, Place, plant, survey, type Thing, type Things, timeless } from './apply.fixture.ts';
import { apply } from './apply.ts';
import { ANSWERS, type Now, type Operation } from './promote.ts';

/** What stands at the path in question, with all below it; the path itself is ''. */
type Subject = Things | null;

interface Case {
  readonly name: string;
  readonly base: Subject;
  readonly after: Subject;
}

const fifo: Thing = { type: 'fifo' };
const TREE = { '': dir({ mode: 0o750 }), '/in': file('in'), '/sub': dir(), '/sub/deep': link('away') };
const one = (thing: Thing): Things => ({ '': thing });

/** Every operation, with everything that it can be done to. */
const CASES: Readonly<Record<Operation, readonly Case[]>> = {
  added: [
    { name: 'a file', base: null, after: one(file('new', { mode: 0o600 })) },
    { name: 'a directory', base: null, after: TREE },
    { name: 'a link', base: null, after: one(link('../else')) },
  ],
  modified: [
    { name: 'a file', base: one(file('old')), after: one(file('newer')) },
    { name: 'a file of the same size', base: one(file('old')), after: one(file('new')) },
    { name: 'a link', base: one(link('old')), after: one(link('new')) },
  ],
  deleted: [
    { name: 'a file', base: one(file('old')), after: null },
    { name: 'a directory', base: TREE, after: null },
    { name: 'a link', base: one(link('old')), after: null },
    { name: 'a fifo', base: one(fifo), after: null },
  ],
  mode: [
    { name: 'a file', base: one(file('same')), after: one(file('same', { mode: 0o755 })) },
    { name: 'a directory', base: one(dir()), after: one(dir({ mode: 0o500 })) },
    { name: 'a fifo', base: one(fifo), after: one({ ...fifo, mode: 0o600 }) },
  ],
  type: [
    { name: 'a file to a directory', base: one(file('old')), after: TREE },
    { name: 'a directory to a file', base: TREE, after: one(file('new')) },
    { name: 'a directory to a link', base: TREE, after: one(link('new')) },
    { name: 'a link to a directory', base: one(link('old')), after: TREE },
    { name: 'a link to a file', base: one(link('old')), after: one(file('new')) },
    { name: 'a fifo to a file', base: one(fifo), after: one(file('new')) },
  ],
};

const OTHERS: readonly Thing[] = [file('other'), dir(), link('other'), fifo];

/** What can be there at that moment; none where it cannot be for that case. */
const SUBJECTS: Readonly<Record<Exclude<Now, 'unreachable' | 'mount'>, (cell: Case) => readonly Subject[]>> =
  {
    nothing: () => [null],
    base: ({ base }) => (base === null ? [] : [base]),
    wanted: ({ after }) => (after === null ? [] : [after]),
    content: ({ base, after }) => withRoot(base ?? after, otherContents),
    attributes: ({ base, after }) =>
      withRoot(base ?? after, (thing) => (thing.type === 'symlink' ? [] : [{ ...thing, mode: 0o604 }])),
    type: ({ base, after }) => {
      const like = (base ?? after)?.['']?.type;
      return OTHERS.filter(({ type }) => type !== like && type !== after?.['']?.type).map(one);
    },
    extra: ({ base, after }) =>
      base?.['']?.type === 'dir' && after?.['']?.type !== 'dir'
        ? [
            { ...base, '/more': file('more') },
            { ...base, '/sub/more': dir() },
          ]
        : [],
  };

function otherContents(thing: Thing): Thing[] {
  if (thing.type === 'file') return [file('something else'), file('x'.repeat(thing.text.length))];
  return thing.type === 'symlink' ? [link('elsewhere')] : [];
}

function withRoot(subject: Subject, change: (thing: Thing) => Thing[]): Subject[] {
  const root = subject?.[''];
  return root === undefined ? [] : change(root).map((thing) => ({ ...subject, '': thing }));
}

/** A workspace with a subject at `p/x`, and a neighbour that nothing is to happen to. */
function whole(subject: Subject): Things {
  const placed = Object.entries(subject ?? {}).map(([key, thing]) => [`p/x${key}`, thing] as const);
  return { '': dir(), p: dir(), 'p/neighbour': file('mine', { mtime: 7 }), ...Object.fromEntries(placed) };
}

async function expectDrift(place: Place): Promise<void> {
  const before = survey(place.live);
  const outcome = await apply(await place.request());
  expect(outcome).toMatchObject({ result: 'drifted' });
  if (outcome.result === 'drifted')
    for (const { path, expected, found } of outcome.drifts) {
      expect(path).toMatch(/^p\/x/);
      expect(expected).not.toBe(found);
    }
  // Not even a time of a directory: nothing was written at all.
  expect(survey(place.live)).toEqual(before);
}

const operations = Object.keys(CASES) as Operation[];
const nows = Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[];

describe.each(operations)('%s', (operation) => {
  describe.each(nows)('where there is now: %s', (now) => {
    const cells = CASES[operation].flatMap((cell) => SUBJECTS[now](cell).map((live) => ({ ...cell, live })));
    const answer = ANSWERS[operation][now];

    it(answer === 'never' ? 'cannot be' : `is tried with ${cells.length} things`, () => {
      expect(cells.length > 0).toBe(answer !== 'never');
    });

    it.each(cells)(
      `${answer === 'land' ? 'lands' : 'is drift, and changes nothing'}: $name`,
      async (cell) => {
        using place = new Place(whole(cell.base), whole(cell.after), whole(cell.live));
        if (answer !== 'land') return await expectDrift(place);
        const neighbour = survey(place.live).get('p/neighbour');
        expect(await apply(await place.request())).toEqual({ result: 'promoted', merged: [] });
        expect(timeless(place.live)).toEqual(timeless(place.after));
        expect(survey(place.live).get('p/neighbour')).toEqual(neighbour);
      },
    );
  });

  it.each(CASES[operation])(
    'is drift where the way leads through a link, or is gone: $name',
    async ({ base, after }) => {
      using place = new Place(whole(base), whole(after));
      renameSync(join(place.live, 'p'), join(place.live, 'q'));
      await expectDrift(place);
      symlinkSync('q', join(place.live, 'p'));
      await expectDrift(place);
      rmSync(join(place.live, 'p'));
      plant(place.live, { p: file('in the way') });
      await expectDrift(place);
      expect(ANSWERS[operation].unreachable).toBe('drift');
    },
  );

  it.each(CASES[operation])('is drift where something is mounted: $name', async ({ base, after }) => {
    needsMounts();
    using place = new Place(whole(base), whole(after));
    const points = ['p', ...(base?.['/sub'] === undefined ? [] : ['p/x/sub'])];
    for (const point of points) {
      // A bind mount of the same directory: neither device nor inode numbers tell of it.
      execFileSync('mount', ['--bind', join(place.live, point), join(place.live, point)]);
      try {
        await expectDrift(place);
      } finally {
        execFileSync('umount', [join(place.live, point)]);
      }
    }
    expect(ANSWERS[operation].mount).toBe('drift');
  });
});

describe('the table', () => {
  it('lets land what was rehearsed on, and nothing else', () => {
    const landing = operations.flatMap((operation) =>
      Object.entries(ANSWERS[operation]).flatMap(([now, answer]) =>
        answer === 'land' ? [`${operation} ${now}`] : [],
      ),
    );
    expect(landing).toEqual(['added nothing', 'modified base', 'deleted base', 'mode base', 'type base']);
  });
});
