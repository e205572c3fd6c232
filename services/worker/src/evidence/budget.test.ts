import { type PathPattern, pathRules } from '@drylane/proto/paths';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrange } from './arrange.ts';
import { allowReading, BUDGET } from './budget.ts';
import type { Difference } from './differences.ts';
import { fit } from './fit.ts';
import type { Entry } from './tree.ts';

const ENTRY: Entry = {
  ...{ type: 'file', whiteout: false, mode: 0o644, uid: 0, gid: 0, size: 0 },
  ...{ rdev: 0n, dev: 0n, ino: 1n, mtimeNs: 0n, ctimeNs: 0n },
};
const added = (key: string): Difference => ({ op: 'added', key, before: null, after: ENTRY });
const rules = pathRules(['e*' as PathPattern], ['f*' as PathPattern]);

describe('the changes that fit', () => {
  it('are all where there is room, in their order', () => {
    const items = arrange(['e1', 's1', 'f1'].map(added), rules);
    expect(fit(items)).toEqual({ items, whole: true });
  });

  it('are forbidden ones before surprises before expected ones, however many there are of each', () => {
    const names = fc.array(fc.tuple(fc.constantFrom('e', 's', 'f'), fc.stringMatching(/^[\\a-z]{1,40}$/)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(names, fc.nat(60), fc.nat(2000), (list, changes, pathBytes) => {
        const keys = [...new Set(list.map((parts) => parts.join('')))];
        const all = arrange(keys.map(added), rules);
        const { items, whole } = fit(all, { changes, pathBytes });
        expect(items).toEqual(all.slice(0, items.length));
        expect(whole).toBe(items.length === all.length);
        expect(items.length).toBeLessThanOrEqual(changes);
        expect(JSON.stringify(items.map(({ key }) => key)).length).toBeLessThanOrEqual(pathBytes + 64);
      }),
    );
  });

  it('count the backslashes that JSON makes of an escaped path', () => {
    const items = arrange([added('\\'.repeat(10))], rules);
    expect(fit(items, { changes: 1, pathBytes: 41 }).whole).toBe(false);
    expect(fit(items, { changes: 1, pathBytes: 42 }).whole).toBe(true);
  });

  it('are 100,000 that stand beside each other', () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => added(`many-${i}`));
    expect(fit(arrange(keys, rules)).whole).toBe(true);
  });
});

describe('reading', () => {
  it('ends where too much was written, or too much claimed that was not', () => {
    const allowance = allowReading(100, 10);
    expect([
      allowance.take(60, 60),
      allowance.take(60, 60),
      allowance.take(20, 9),
      allowance.take(20, 10),
      allowance.take(20, 19),
      allowance.take(20, 512),
      allowance.take(1, 512),
    ]).toEqual([true, false, false, true, false, true, false]);
  });

  it('costs a hole more than what fills it', () => {
    expect(BUDGET.holeBytes).toBeLessThan(BUDGET.readBytes);
    expect(allowReading().take(250 * 2 ** 20, 0)).toBe(false);
    expect(allowReading().take(50 * 2 ** 20, 0)).toBe(true);
  });
});
