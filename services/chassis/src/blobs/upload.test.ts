import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf } from './upload.ts';

const MiB = 1024 * 1024;

describe('the parts of an upload', () => {
  it('are all bytes, once, in an order and of sizes that stores take, whatever their number is', () => {
    const sizes = fc.oneof(
      fc.nat(100 * MiB),
      fc.maxSafeNat().map((size) => size % (5 * 1024 ** 4)),
    );
    fc.assert(
      fc.property(sizes, (size) => {
        const parts = partsOf(size);
        expect(parts.length).toBeGreaterThan(0);
        expect(parts.length).toBeLessThanOrEqual(10_000);
        let at = 0;
        for (const [index, [from, length]] of parts.entries()) {
          if (from !== at || length < 0 || (index < parts.length - 1 && length < 5 * MiB))
            expect.fail(`${index}: ${from} ${length} of ${size}`);
          at += length;
        }
        expect(at).toBe(size);
      }),
    );
  });

  it('take 8 MiB each, until there would be more than 10,000', () => {
    expect(partsOf(0)).toEqual([[0, 0]]);
    expect(partsOf(8 * MiB)).toEqual([[0, 8 * MiB]]);
    expect(partsOf(8 * MiB + 1)).toEqual([
      [0, 8 * MiB],
      [8 * MiB, 1],
    ]);
    expect(partsOf(80_000 * MiB).length).toBe(10_000);
    expect(partsOf(80_001 * MiB)[0]?.[1]).toBeGreaterThan(8 * MiB);
  });
});
