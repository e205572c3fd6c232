import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pool, type PoolEvent, type WarmOptions } from './pool.ts';

const OPTIONS: WarmOptions = { perKey: 2, most: 3, idleMs: 60_000, quietBelow: 1 };

/** A pool of numbered things, and what became of them. */
function poolOf(options: Partial<WarmOptions> = {}) {
  const made: { readonly key: string; readonly n: number }[] = [];
  const destroyed: number[] = [];
  const events: PoolEvent[] = [];
  const told = (event: PoolEvent): void => void events.push(event);
  const pool = new Pool<{ readonly key: string; readonly n: number }>(
    { ...OPTIONS, told, ...options },
    async ({ n }) => void destroyed.push(n),
  );
  const make = (key: string) => async () => {
    await sleep(1);
    const slot = { key, n: made.length };
    made.push(slot);
    return slot;
  };
  return { pool, make, made, destroyed, events };
}

const settled = (): Promise<void> => sleep(15);

describe('a pool of slots', () => {
  it('makes none before a rehearsal, one after the first of its kind, and as many as are wanted after more', async () => {
    const { pool, make, made } = poolOf();
    await using _ = pool;
    expect(await pool.take('a')).toBeUndefined();
    pool.occupy('a', make('a'))();
    await settled();
    expect(made).toHaveLength(1);
    pool.occupy('a', make('a'))();
    await settled();
    expect(made).toHaveLength(2);
    for (let i = 0; i < 3; i++) pool.occupy('a', make('a'))();
    await settled();
    expect(made).toHaveLength(2);
  });

  it('makes none while rehearsals are under way, and gives one that is being made to whoever asks', async () => {
    const { pool, make, made } = poolOf();
    await using _ = pool;
    const [first, second] = [pool.occupy('a', make('a')), pool.occupy('a', make('a'))];
    first();
    await settled();
    expect(made).toHaveLength(0);
    second();
    expect(await pool.take('a')).toBe(made[0]);
  });

  it('keeps no more than it may, and lets go what was not asked for longest', async () => {
    const { pool, make, made, destroyed } = poolOf({ most: 2 });
    await using _ = pool;
    for (const key of ['a', 'a', 'b', 'c']) {
      pool.occupy(key, make(key))();
      await settled();
    }
    const gone = new Set(destroyed);
    expect(made.filter(({ n }) => !gone.has(n)).map(({ key }) => key)).toEqual(['b', 'c']);
  });

  it('lets go what is idle, but for one of the kind used last', async () => {
    const { pool, make, made, destroyed } = poolOf({ idleMs: 60 });
    await using _ = pool;
    for (const key of ['a', 'b', 'b']) pool.occupy(key, make(key))();
    await sleep(400);
    const gone = new Set(destroyed);
    expect(made.filter(({ n }) => !gone.has(n)).map(({ key }) => key)).toEqual(['b']);
  });

  it('replaces one that is none any more, and says when one cannot be made', async () => {
    const { pool, make, made, destroyed, events } = poolOf();
    await using _ = pool;
    pool.occupy('a', make('a'))();
    await settled();
    const [slot] = made;
    if (slot !== undefined) pool.drop(slot);
    await settled();
    expect([made.length, destroyed]).toEqual([2, [0]]);
    pool.occupy('bad', () => Promise.reject(new Error('no')))();
    await settled();
    expect(events).toContainEqual({ event: 'fault', cause: new Error('no') });
    expect(await pool.take('bad')).toBeUndefined();
  });

  it('tries again to take away what would not go', async () => {
    let tries = 0;
    const options = { ...OPTIONS, idleMs: 100 };
    const pool = new Pool<object>(options, async () => {
      tries += 1;
      if (tries < 3) throw new Error('the engine is gone');
    });
    pool.occupy('a', async () => ({}))();
    pool.occupy('b', async () => ({}))();
    await sleep(600);
    expect(tries).toBe(3);
    await pool[Symbol.asyncDispose]();
    expect(tries).toBe(4);
  });

  it('takes away what a rehearsal could not use, again where that does not work, and before it is closed', async () => {
    let tries = 0;
    const pool = new Pool<number>({ ...OPTIONS, idleMs: 400 }, async () => {
      tries += 1;
      await sleep(5);
      if (tries < 3) throw new Error('the engine is gone');
    });
    pool.occupy('a', async () => 1)();
    const slot = await pool.take('a');
    if (slot !== undefined) pool.discard(slot);
    await sleep(350);
    expect(tries).toBe(3);
    // The one that was made in its place.
    await pool[Symbol.asyncDispose]();
    expect(tries).toBe(4);
  });

  it('gives each slot to one rehearsal, keeps to its bounds, and leaves none when it is closed', async () => {
    const deed = fc.constantFrom(...Object.keys(DEEDS));
    const kind = fc.constantFrom('a', 'b', 'c');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(deed, kind), { maxLength: 30 }), async (steps) => {
        const play: Play = { ...poolOf(), taking: [], ends: [] };
        for (const [name, key] of steps) await DEEDS[name]?.(play, key);
        const { pool, made, destroyed, events } = play;
        await pool[Symbol.asyncDispose]();
        const taken = (await Promise.all(play.taking)).flatMap((slot) =>
          slot === undefined ? [] : [slot.n],
        );
        expect([...taken, ...destroyed].sort((a, b) => a - b)).toEqual(made.map(({ n }) => n));
        for (const event of events) if (event.event === 'counts') expect(event.ready).toBeLessThanOrEqual(3);
      }),
      { numRuns: 60 },
    );
  });
});

interface Play extends ReturnType<typeof poolOf> {
  readonly taking: Promise<{ readonly n: number } | undefined>[];
  readonly ends: (() => void)[];
}

/** What may happen to a pool. */
const DEEDS: Readonly<Record<string, (play: Play, key: string) => unknown>> = {
  begin: ({ pool, make, ends }, key) => ends.push(pool.occupy(key, make(key))),
  end: ({ ends }) => ends.shift()?.(),
  wait: () => sleep(3),
  take: ({ pool, taking }, key) => taking.push(pool.take(key)),
  drop: ({ pool, made }) => made.at(-1) && pool.drop(made.at(-1) as (typeof made)[number]),
};
