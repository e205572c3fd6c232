import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rate, rateLimiter, take } from './rate.ts';

const NOW = 1_700_000_000_000;
const RATE = { perSecond: 2, burst: 3 };

const rates: fc.Arbitrary<Rate> = fc.record({
  perSecond: fc.double({ min: 0.01, max: 1000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 200 }),
});
const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 200 });

describe('a bucket', () => {
  it('gives its burst at once, then as many as flow in', () => {
    let bucket = NOW;
    const asked = [0, 0, 0, 0, 400, 500, 500, 10_000, 10_000, 10_000, 10_000].map((ms) => {
      const taken = take(bucket, NOW + ms, RATE);
      bucket = taken.bucket;
      return taken.allowed;
    });
    expect(asked).toEqual([true, true, true, false, false, true, false, true, true, true, false]);
  });

  it('gives no more than burst and flow in any span of time', () => {
    fc.assert(
      fc.property(rates, gaps, (rate, steps) => {
        let [bucket, now] = [NOW, NOW];
        const times: number[] = [];
        for (const step of steps) {
          now += step;
          const taken = take(bucket, now, rate);
          bucket = taken.bucket;
          if (taken.allowed) times.push(now);
        }
        for (const [i, from] of times.entries())
          for (const [more, to] of times.slice(i).entries())
            expect(more + 1).toBeLessThanOrEqual(rate.burst + ((to - from) * rate.perSecond) / 1000 + 0.01);
      }),
    );
  });

  it('gives one to whoever waits as long as it said, and at least one second is said', () => {
    fc.assert(
      fc.property(rates, gaps, (rate, steps) => {
        let [bucket, now] = [NOW, NOW];
        for (const step of steps) {
          now += step;
          const taken = take(bucket, now, rate);
          bucket = taken.bucket;
          if (taken.allowed) continue;
          expect(taken.retryAfterSeconds).toBeGreaterThanOrEqual(1);
          expect(Number.isInteger(taken.retryAfterSeconds)).toBe(true);
          expect(take(bucket, now + taken.retryAfterSeconds * 1000, rate).allowed).toBe(true);
        }
      }),
    );
  });

  it('costs nothing to ask when it is empty', () => {
    let bucket = NOW;
    for (let asked = 0; asked < 1000; asked++) bucket = take(bucket, NOW, RATE).bucket;
    expect(take(bucket, NOW + 500, RATE).allowed).toBe(true);
  });

  it('is empty for no longer than it takes to fill, even where the clock is set back', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 10_000_000_000 }), (rate, back) => {
        const now = NOW - back;
        const { bucket } = take(NOW, NOW, rate);
        const taken = take(bucket, now, rate);
        const wait = taken.allowed ? 0 : taken.retryAfterSeconds * 1000;
        expect(wait).toBeLessThanOrEqual(1000 / rate.perSecond + 1000);
      }),
    );
  });
});

describe('a limiter', () => {
  it('counts each principal by itself', () => {
    const limit = rateLimiter(RATE, 10);
    for (let asked = 0; asked < 3; asked++) expect(limit('a', NOW)).toEqual({ allowed: true });
    expect(limit('a', NOW)).toEqual({ allowed: false, retryAfterSeconds: 1 });
    expect(limit('b', NOW)).toEqual({ allowed: true });
    expect(limit('__proto__', NOW)).toEqual({ allowed: true });
  });

  it('answers each as if it were alone, while there are no more than it can hold', () => {
    const asked = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 900 })));
    fc.assert(
      fc.property(rates, asked, (rate, steps) => {
        const together = rateLimiter(rate, 5);
        const alone = Array.from({ length: 5 }, () => rateLimiter(rate, 1));
        let now = NOW;
        for (const [who, step] of steps) {
          now += step;
          expect(together(`p${who}`, now)).toEqual(alone[who]?.(`p${who}`, now));
        }
      }),
    );
  });

  it('forgets whoever asked least lately, and nobody else', () => {
    const limit = rateLimiter({ perSecond: 0.001, burst: 1 }, 2);
    for (const who of ['a', 'b', 'a', 'c']) limit(who, NOW);
    expect(limit('a', NOW).allowed).toBe(false);
    expect(limit('c', NOW).allowed).toBe(false);
    expect(limit('b', NOW).allowed).toBe(true);
  });

  it('stays small, however many there are', () => {
    const limit = rateLimiter(RATE, 100);
    const before = process.memoryUsage().heapUsed;
    for (let who = 0; who < 300_000; who++) limit(`principal-${who}`, NOW);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });
});
