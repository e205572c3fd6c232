import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairShares } from './share.ts';

const counts = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(60))
  .map((all) => new Map(Object.entries(all)));
const total = (numbers: Iterable<number>): number => [...numbers].reduce((sum, number) => sum + number, 0);

describe('fair shares of a window', () => {
  it('fill it as long as anybody waits, and go beyond it only for those who have nothing there', () => {
    fc.assert(
      fc.property(counts, counts, fc.nat(100), (waiting, working, window) => {
        const shares = fairShares({ waiting, working }, window);
        const busy = total(working.values());
        const took = total(shares.map(({ take }) => take));
        const within = Math.min(Math.max(0, window - busy), total(waiting.values()));
        expect(took).toBeGreaterThanOrEqual(within);
        if (took > Math.max(0, window - busy)) {
          expect(busy + took).toBeLessThanOrEqual(2 * window);
          const first = shares.filter(({ take, rank }) => take === 1 && rank === 0);
          expect(took - within).toBeLessThanOrEqual(first.length);
        }
        for (const { tenant, take, rank } of shares) {
          expect(take).toBeLessThanOrEqual(waiting.get(tenant) ?? 0);
          expect(rank).toBe(working.get(tenant) ?? 0);
        }
      }),
    );
  });

  it('give nobody one more than a tenant has that still waits', () => {
    fc.assert(
      fc.property(counts, counts, fc.nat(100), (waiting, working, window) => {
        const takes = new Map(
          fairShares({ waiting, working }, window).map(({ tenant, take }) => [tenant, take]),
        );
        const after = (tenant: string): number => (working.get(tenant) ?? 0) + (takes.get(tenant) ?? 0);
        for (const [poor, number] of waiting) {
          if ((takes.get(poor) ?? 0) >= number) continue;
          for (const rich of takes.keys()) expect(after(rich)).toBeLessThanOrEqual(after(poor) + 1);
        }
      }),
    );
  });

  it('let one run of another tenant in before the ten thousandth of the first', () => {
    const waiting = new Map([['big', 10_000]]);
    expect(fairShares({ waiting, working: new Map() }, 8)).toEqual([{ tenant: 'big', take: 8, rank: 0 }]);
    const working = new Map([['big', 7]]);
    const both = new Map([...waiting, ['small', 1] as const]);
    expect(fairShares({ waiting: both, working }, 8)).toEqual([{ tenant: 'small', take: 1, rank: 0 }]);
  });

  it('let the first run of a tenant in where others fill the window, until it is twice full', () => {
    const working = new Map([['big', 8]]);
    const waiting = new Map([['big', 10_000], ...Array.from({ length: 9 }, (_, i) => [`t${i}`, 5] as const)]);
    const shares = fairShares({ waiting, working }, 8);
    expect(shares).toEqual(Array.from({ length: 8 }, (_, i) => ({ tenant: `t${i}`, take: 1, rank: 0 })));
    const full = new Map([...working, ...shares.map(({ tenant, take }) => [tenant, take] as const)]);
    expect(fairShares({ waiting, working: full }, 8)).toEqual([]);
  });
});
