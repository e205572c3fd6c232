import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { becomeHolder, type Holder } from './holder.ts';
import { holdersOf, type Lease, makeShelf, newEntry, place, type Shelf, takeLease } from './shelf.ts';
import { listTrees, takeOut } from './stock.ts';

const KEYS = ['a', 'b'] as const;

/** What two holders of one directory may do, one after another. */
const deeds = fc.array(
  fc.record({
    who: fc.constantFrom('first', 'second'),
    key: fc.constantFrom(...KEYS),
    does: fc.constantFrom('make', 'take', 'give', 'take out'),
  }),
  { maxLength: 30 },
);

describe('the trees of a cache', () => {
  it('stay while anyone has a lease on them, whoever tries to take them out', async () => {
    const root = mkdtempSync(join(tmpdir(), 'drylane-stock-'));
    makeShelf(root);
    const holders = [await becomeHolder(holdersOf(root)), await becomeHolder(holdersOf(root))] as const;
    const shelfOf = ({ id }: Holder): Shelf => ({ root, holder: id, now: () => 1000 });
    const shelves = { first: shelfOf(holders[0]), second: shelfOf(holders[1]) };
    fc.assert(
      fc.property(deeds, (all) => {
        const held = new Map(KEYS.map((key): [string, Lease[]] => [key, []]));
        for (const { who, key, does } of all) {
          const leases = held.get(key) ?? [];
          DEEDS[does](shelves[who], key, leases);
          for (const lease of leases) expect(existsSync(lease.directory)).toBe(true);
          const used = listTrees(shelves[who]).filter(({ inUse }) => inUse);
          const expected = KEYS.filter((one) => (held.get(one) ?? []).length > 0);
          expect(used.map((tree) => tree.key).sort()).toEqual(expected);
        }
        for (const key of KEYS) rmSync(join(root, 'entries', key), { recursive: true, force: true });
      }),
      { numRuns: 60 },
    );
    for (const holder of holders) holder[Symbol.dispose]();
    expect(readdirSync(holdersOf(root))).toEqual([]);
    rmSync(root, { recursive: true });
  });
});

const stands = ({ root }: Shelf, key: string): boolean => existsSync(join(root, 'entries', key));

/** Each deed, and what has to come of it. */
const DEEDS: Readonly<
  Record<'make' | 'take' | 'give' | 'take out', (shelf: Shelf, key: string, held: Lease[]) => void>
> = {
  make: (shelf, key, held) => {
    const stood = stands(shelf, key);
    const entry = newEntry(shelf);
    mkdirSync(join(entry, 'tree'));
    const lease = place(shelf, entry, key, 1);
    expect(lease === undefined).toBe(stood);
    if (lease !== undefined) held.push(lease);
  },
  take: (shelf, key, held) => {
    const lease = takeLease(shelf, key);
    expect(lease === 'absent').toBe(!stands(shelf, key));
    if (typeof lease === 'object') held.push(lease);
  },
  give: (_, __, held) => {
    held.pop()?.[Symbol.dispose]();
  },
  'take out': (shelf, key, held) => {
    const goes = stands(shelf, key) && held.length === 0;
    expect(takeOut(shelf, key) !== undefined).toBe(goes);
    expect(stands(shelf, key)).toBe(held.length > 0);
  },
};
