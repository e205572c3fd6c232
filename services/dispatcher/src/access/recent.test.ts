import { describe, expect, it } from 'vitest';
import { recentlyFound } from './recent.ts';

const KEEP = { keepMs: 100, most: 3 };

/** Something that counts how often it is looked for. */
function counting<T>(value: T | undefined) {
  const counts = { asked: 0 };
  const find = async (): Promise<T | undefined> => {
    counts.asked += 1;
    return value;
  };
  return { counts, find };
}

describe('what was found recently', () => {
  it('is not looked for again until its time has passed, or the clock was set back', async () => {
    const recent = recentlyFound<number>(KEEP);
    const { counts, find } = counting(7);
    const askedAt = async (nowMs: number) => {
      expect(await recent.get('a', nowMs, find)).toBe(7);
      return counts.asked;
    };
    expect(await askedAt(1000)).toBe(1);
    expect(await askedAt(1099)).toBe(1);
    expect(await askedAt(1100)).toBe(2);
    expect(await askedAt(500)).toBe(3);
    expect(await askedAt(599)).toBe(3);
    recent.clear();
    expect(await askedAt(599)).toBe(4);
  });

  it('is looked for once by all who ask meanwhile', async () => {
    const recent = recentlyFound<number>(KEEP);
    const { counts, find } = counting(7);
    await Promise.all(Array.from({ length: 50 }, () => recent.get('a', 0, find)));
    expect(counts.asked).toBe(1);
  });

  it('is kept only where there was something, and no error', async () => {
    const recent = recentlyFound<number>(KEEP);
    const { counts, find } = counting<number>(undefined);
    await recent.get('a', 0, find);
    expect(await recent.get('a', 0, find)).toBeUndefined();
    expect(counts.asked).toBe(2);
    const fail = () => recent.get('b', 0, () => Promise.reject(new Error('gone')));
    await expect(Promise.all([fail(), fail()])).rejects.toThrow('gone');
    expect(await recent.get('b', 0, async () => 8)).toBe(8);
  });

  it('is not kept when it was to be forgotten while it was looked for', async () => {
    const recent = recentlyFound<number>(KEEP);
    const { promise, resolve } = Promise.withResolvers<number>();
    const early = recent.get('a', 0, () => promise);
    recent.clear();
    resolve(1);
    expect(await early).toBe(1);
    expect(await recent.get('a', 0, async () => 2)).toBe(2);
  });

  it('pushes out the oldest, and nothing that is not there pushes out anything', async () => {
    const recent = recentlyFound<number>(KEEP);
    for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) await recent.get(key, 0, async () => index);
    await Promise.all(Array.from({ length: 99 }, (_, i) => recent.get(`x${i}`, 0, async () => undefined)));
    const kept = ['a', 'b', 'c', 'd'].map((key) => recent.get(key, 1, async () => -1));
    expect(await Promise.all(kept)).toEqual([-1, 1, 2, 3]);
  });
});
