import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '@drylane/worker/promote/apply';
import { Place, rootUntimed, states, timeless } from '@drylane/worker/promote/apply.fixture';
import { type Disk, realDisk } from '@drylane/worker/promote/disk';
import { faultyDisk } from '@drylane/worker/promote/faulty.fixture';
import { forgetApply, type Recovered, recover } from '@drylane/worker/promote/recover';
import { describe, expect, it } from 'vitest';
import { inChild, makeSet, type Prepared } from './apply-errand.ts';
import { mixed } from './apply-mixed.ts';

const FULL = process.env.DRYLANE_CRASH_FULL === '1';
const MOMENTS = FULL ? 200 : 15;
/** Of the calls of an apply, how many are between two that are tried; a full run tries each. */
const STRIDE = FULL ? 1 : 3;
const ENTRIES = 200;
/** Children at a time. */
const AT_ONCE = 2;
const FAST = existsSync('/dev/shm') ? '/dev/shm' : undefined;

const SMALL = mixed(0);
const WHOLE = mixed(ENTRIES);

/** Recovers; a child of the one that was killed may hold the lock for a moment longer. */
async function recoverAll(place: Place, disk: Disk): Promise<readonly Recovered[]> {
  for (let tries = 0; ; tries++) {
    const recovered = await recover(place.state, disk);
    const waits = existsSync(join(place.state, 'applies', place.runId, 'journal')) && recovered.length === 0;
    if (!waits || tries === 100) return recovered;
    await sleep(20);
  }
}

/** Holds a workspace after recovery against the trees before and after. */
async function expectOneOfBoth(
  place: Place,
  before: Record<string, unknown>,
  said: string,
  disk: Disk = realDisk,
): Promise<string> {
  const recovered = await recoverAll(place, disk);
  expect(recovered.length, said).toBeLessThan(2);
  const result = recovered[0]?.result ?? 'rolled-back';
  if (result === 'promoted') expect(timeless(place.live), said).toEqual(timeless(place.after));
  else {
    expect(result, said).toBe('rolled-back');
    expect(states(place.live), said).toEqual(before);
  }
  for (const path of Object.keys(before).filter((name) => name.endsWith('-stays')))
    expect(states(place.live)[path], said).toEqual(before[path]);
  // A second time there is nothing left to do, and the answer is the same.
  expect(await recoverAll(place, disk), said).toEqual(recovered);
  await forgetApply(place.state, place.runId);
  if (existsSync(join(place.state, 'applies')))
    expect(readdirSync(join(place.state, 'applies')), said).toEqual([]);
  return result;
}

/** The names of all calls of an apply that nothing happens to. */
async function callsOf({ trees, made }: Prepared): Promise<readonly string[]> {
  using place = new Place(trees.base, trees.after, trees.base, FAST);
  const { disk, calls } = faultyDisk(0, { kind: 'fail', code: 'EIO' });
  expect(await apply(place.requestOf(made), disk)).toMatchObject({ result: 'promoted' });
  return calls;
}

/** A file system that knows one name for a file only. */
const LINKLESS: Disk = {
  ...realDisk,
  link: () => {
    throw Object.assign(new Error('EPERM: no links here'), { code: 'EPERM' });
  },
};

/** Calls that change nothing: to be killed before one is to be killed before the next that changes something. */
const READING: ReadonlySet<string> = new Set([
  'open',
  'stat',
  'fstat',
  'lstat',
  'mountOf',
  'read',
  'readdir',
  'readlink',
] satisfies (keyof Disk)[]);

/** The calls before which to be killed makes a difference, counted from 1, and the end. */
function moments(calls: readonly string[]): number[] {
  const all = [...calls, 'end'].map((name, i) => ({ name, at: i + 1 }));
  const telling = all.filter(({ name }) => !READING.has(name));
  return telling.filter(({ name }, i) => name === 'end' || i % STRIDE === 0).map(({ at }) => at);
}

/** The calls that may answer so; of those that read, fewer than of the others but in a full run. */
function refusals(calls: readonly string[], code: string): number[] {
  const all = calls.map((name, i) => ({ name, at: i + 1 }));
  const may = code === 'ENOSPC' ? all.filter(({ name }) => !READING.has(name)) : all;
  return may.filter(({ name }, i) => i % (READING.has(name) ? STRIDE * 3 : STRIDE) === 0).map(({ at }) => at);
}

/** Does all of it, some at a time. */
async function each(numbers: readonly number[], work: (n: number) => Promise<void>): Promise<void> {
  const left = numbers.values();
  const runners = Array.from({ length: AT_ONCE }, async () => {
    for (const n of left) await work(n);
  });
  await Promise.all(runners);
}

describe('an apply that is killed', () => {
  it(
    'at any call is brought wholly back or wholly forward, and so is one whose recovery was killed too',
    async () => {
      const trees = FULL ? WHOLE : SMALL;
      using home = new Place(trees.base, trees.after, {}, FAST);
      const set = await makeSet(home, trees);
      const calls = await callsOf(set);
      const killed = moments(calls);
      const results = new Map<string, number>();
      await each(killed, async (at) => {
        using place = new Place(trees.base, trees.after, trees.base, FAST);
        const before = states(place.live);
        const answer = await inChild('apply', set, place, at);
        expect(answer !== undefined, `call ${at}`).toBe(at > calls.length);
        // The recovery of some is killed as well, twice, somewhere on its way.
        if (at % 4 === 0)
          for (const again of [(at * 7) % 60, (at * 13) % 200])
            await inChild('recover', set, place, again + 1);
        const result = await expectOneOfBoth(place, before, `call ${at}`);
        results.set(result, (results.get(result) ?? 0) + 1);
      });
      expect(results.get('rolled-back')).toBeGreaterThan(killed.length / 3);
      expect(results.get('promoted')).toBeGreaterThan(3);
    },
    FULL ? 3_600_000 : 300_000,
  );

  it(
    'at any moment, with 200 entries, is brought wholly back or wholly forward',
    async () => {
      using home = new Place(WHOLE.base, WHOLE.after, {});
      const set = await makeSet(home, WHOLE);
      expect(set.made.changeSet.entries.length).toBeGreaterThanOrEqual(ENTRIES);
      const usual = await timeOne(set);
      await each([...Array(MOMENTS).keys()], async (n) => {
        using place = new Place(WHOLE.base, WHOLE.after);
        const before = states(place.live);
        const meanwhile = async (kill: () => void): Promise<void> => {
          await sleep(Math.random() * usual * 1.2);
          kill();
        };
        await inChild('apply', set, place, 0, { meanwhile });
        await expectOneOfBoth(place, before, `moment ${n}`);
      });
    },
    FULL ? 1_800_000 : 180_000,
  );
});

/** Milliseconds that an apply takes from the moment on at which it may be killed. */
async function timeOne(set: Prepared): Promise<number> {
  using place = new Place(WHOLE.base, WHOLE.after);
  const startedAt = performance.now();
  let took = 0;
  const meanwhile = async (): Promise<void> => {
    took = -(performance.now() - startedAt);
  };
  await inChild('apply', set, place, 0, { meanwhile });
  return took + performance.now() - startedAt;
}

describe('an apply that the system refuses something', () => {
  it.each(['ENOSPC', 'EIO', 'EACCES'])(
    '(%s) at any call leaves the tree exactly as it was, and says so',
    async (code) => {
      using home = new Place(SMALL.base, SMALL.after, {}, FAST);
      const set = await makeSet(home, SMALL);
      const refused = refusals(await callsOf(set), code);
      let landed = 0;
      for (const at of refused) {
        using place = new Place(SMALL.base, SMALL.after, SMALL.base, FAST);
        const before = states(place.live);
        const { disk } = faultyDisk(at, { kind: 'fail', code });
        const outcome = await apply(place.requestOf(set.made), disk).catch((cause: unknown) => cause);
        if (outcome instanceof Error) {
          expect(outcome, `call ${at}`).toMatchObject({
            code: 'machine-unfit',
            problems: [{ field: expect.any(String), message: expect.any(String), mend: expect.any(String) }],
          });
          expect(states(place.live), `call ${at}`).toEqual(before);
        } else {
          // It was committed already: what was refused is only how it cleans up, which recovery does then.
          expect(outcome, `call ${at}`).toEqual({ result: 'promoted', merged: [] });
          landed += 1;
        }
        await expectOneOfBoth(place, before, `call ${at}`);
      }
      expect(landed).toBeLessThan(refused.length / 2);
    },
    300_000,
  );

  it('a second name for a file, as some file systems do, has it landed all the same, or nothing', async () => {
    using home = new Place(SMALL.base, SMALL.after, {}, FAST);
    const set = await makeSet(home, SMALL);
    using whole = new Place(SMALL.base, SMALL.after, SMALL.base, FAST);
    const { disk, calls } = faultyDisk(0, { kind: 'fail', code: 'EIO' }, LINKLESS);
    expect(await apply(whole.requestOf(set.made), disk)).toMatchObject({ result: 'promoted' });
    expect(timeless(whole.live)).toEqual(timeless(whole.after));
    for (const at of moments(calls)) {
      using place = new Place(SMALL.base, SMALL.after, SMALL.base, FAST);
      const before = states(place.live);
      const dying = faultyDisk(at, { kind: 'fail', code: 'EIO', lasting: true }, LINKLESS);
      await apply(place.requestOf(set.made), dying.disk).catch(() => undefined);
      await expectOneOfBoth(place, before, `call ${at}`, LINKLESS);
    }
  }, 300_000);

  it('from any call on is brought wholly back or wholly forward once the system is well again', async () => {
    using home = new Place(SMALL.base, SMALL.after, {}, FAST);
    const set = await makeSet(home, SMALL);
    const calls = await callsOf(set);
    for (let at = 1; at <= calls.length; at += FULL ? 1 : 19) {
      using place = new Place(SMALL.base, SMALL.after, SMALL.base, FAST);
      const before = states(place.live);
      const { disk } = faultyDisk(at, { kind: 'fail', code: 'EIO', lasting: true });
      const outcome = await apply(place.requestOf(set.made), disk).catch((cause: unknown) => cause);
      if (outcome instanceof Error)
        expect(rootUntimed(withoutStage(place)), `call ${at}`).toEqual(rootUntimed(before));
      await expectOneOfBoth(place, before, `call ${at}`);
    }
  }, 300_000);
});

/** What a workspace holds besides what is left of an apply that could not even clean up. */
function withoutStage({ live }: Place): Record<string, unknown> {
  return Object.fromEntries(Object.entries(states(live)).filter(([path]) => !path.startsWith('.drylane-')));
}
