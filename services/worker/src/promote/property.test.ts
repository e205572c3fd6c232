import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { decodePath } from '@drylane/proto/paths';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attempt } from '../evidence/walk.ts';
import { dir, file, link, Place, survey, type Thing, type Things, timeless } from './apply.fixture.ts';
import { apply } from './apply.ts';

const FAST = existsSync('/dev/shm') ? '/dev/shm' : undefined;
const RUNS = Number(process.env.DRYLANE_PROPERTY_RUNS ?? 60);

const mode = (least: number) => fc.integer({ min: 0, max: 0o777 }).map((bits) => bits | least);
const leaf: fc.Arbitrary<Thing> = fc.oneof(
  fc.tuple(fc.string({ maxLength: 6 }), mode(0)).map(([text, bits]) => file(text, { mode: bits })),
  fc.constantFrom('a', '../b', '/nowhere', 'c/d').map((target) => link(target)),
);

/** A tree: few names, so that two trees have many in common and each kind of change comes up. */
const tree: fc.Arbitrary<Things> = fc
  .letrec<{ node: [Thing, Things]; inner: Things }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf.map((thing): [Thing, Things] => [thing, {}]),
      fc
        .tuple(mode(0o700), tie('inner'))
        .map(([bits, inner]): [Thing, Things] => [dir({ mode: bits }), inner]),
    ),
    inner: fc
      .dictionary(fc.constantFrom('a', 'b', 'c', '-d', 'e\nf', 'g\\h'), tie('node'), { maxKeys: 5 })
      .map((nodes) =>
        Object.fromEntries(
          Object.entries(nodes).flatMap(([name, [thing, inner]]) => [
            [name, thing],
            ...Object.entries(inner).map(([key, below]) => [`${name}/${key}`, below] as const),
          ]),
        ),
      ),
  }))
  .inner.map((inner) => ({ '': dir(), ...inner }));

/** What somebody may do to a path, whatever stands there. */
const DISTURBANCES: readonly ((path: string) => void)[] = [
  (path) => rmSync(path, { recursive: true, force: true }),
  (path) => {
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, 'disturbed');
  },
  (path) => {
    rmSync(path, { recursive: true, force: true });
    symlinkSync('disturbed', path);
  },
  (path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) appendFileSync(path, 'disturbed');
    else if (stats?.isDirectory()) chmodSync(path, (stats.mode & 0o7777) ^ 0o7);
  },
];

/** Disturbs a path, unless the way to it is not there, leads through a link, or into a file. */
function disturbInside(path: string, disturb: (path: string) => void): void {
  if (attempt(() => realpathSync(dirname(path))) === dirname(path)) attempt(() => disturb(path));
}

describe('any change of any tree', () => {
  it('lands exactly; and after a disturbance of a path that it touches nothing does', async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        tree,
        fc.nat(),
        fc.constantFrom(...DISTURBANCES),
        async (base, after, pick, disturb) => {
          using place = new Place(base, after, base, FAST);
          if (survey(place.base).size === 0) return;
          const request = await place.request().catch(() => undefined);
          // Nothing changed, so there is no change set.
          if (request === undefined) return;
          const { entries } = request.changeSet;
          const entry = entries[pick % entries.length];
          const path = join(place.live, decodePath(entry?.path ?? '').toString());
          const untouched = survey(place.live);
          disturbInside(path, disturb);
          const before = survey(place.live);
          const isSame = JSON.stringify(timelessOf(untouched)) === JSON.stringify(timelessOf(before));
          const outcome = await apply(request);
          if (isSame) expect(outcome).toEqual({ result: 'promoted', merged: [] });
          else {
            expect(outcome).toMatchObject({ result: 'drifted' });
            expect(survey(place.live)).toEqual(before);
            using fresh = new Place(base, after, base, FAST);
            expect(await apply({ ...request, workspace: fresh.live })).toMatchObject({ result: 'promoted' });
            expect(timeless(fresh.live)).toEqual(timeless(fresh.after));
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});

const timelessOf = (seen: ReturnType<typeof survey>) => [...seen].map(([path, { state }]) => [path, state]);
