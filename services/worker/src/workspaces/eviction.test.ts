import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CachedTree, planEviction } from './eviction.ts';

const trees = fc.uniqueArray(
  fc.record({
    key: fc.string({ maxLength: 3 }),
    bytes: fc.nat(100),
    usedMs: fc.nat(5),
    inUse: fc.boolean(),
  }),
  { selector: ({ key }) => key, maxLength: 8 },
);

const sum = (of: readonly CachedTree[]): number => of.reduce((total, { bytes }) => total + bytes, 0);

describe('eviction', () => {
  it('makes room exactly where it can, of what is not in use, and no tree goes that could have stayed', () => {
    fc.assert(
      fc.property(trees, fc.nat(200), fc.nat(500), (all, needed, budget) => {
        const plan = planEviction(all, needed, budget);
        const inUse = all.filter((tree) => tree.inUse);
        expect(plan === undefined).toBe(sum(inUse) + needed > budget);
        if (plan === undefined) return;
        const left = all.filter(({ key }) => !plan.includes(key));
        expect(left).toEqual(expect.arrayContaining(inUse));
        expect(sum(left) + needed).toBeLessThanOrEqual(budget);
        const last = all.find(({ key }) => key === plan.at(-1));
        if (last !== undefined) expect(sum(left) + last.bytes + needed).toBeGreaterThan(budget);
      }),
    );
  });

  it('takes what was unused for longest, and of several the same one each time', () => {
    fc.assert(
      fc.property(trees, fc.nat(200), fc.nat(500), fc.nat(), (all, needed, budget, turn) => {
        const plan = planEviction(all, needed, budget);
        const turned = [...all.slice(turn % (all.length || 1)), ...all.slice(0, turn % (all.length || 1))];
        expect(planEviction(turned, needed, budget)).toEqual(plan);
        const used = new Map(all.map(({ key, usedMs }) => [key, usedMs]));
        const goes = plan?.map((key) => used.get(key) ?? 0) ?? [];
        const stays = all.filter(({ key, inUse }) => !inUse && !plan?.includes(key));
        for (const { usedMs } of plan === undefined ? [] : stays)
          expect(Math.max(-1, ...goes)).toBeLessThanOrEqual(usedMs);
      }),
    );
  });
});
