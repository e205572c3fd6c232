import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Flood } from './flood.ts';

const GIGABYTES = Number(process.env.DRYLANE_OUTPUT_GB ?? 1);
const MOST_GROWTH = 100 * 2 ** 20;
const MINUTES = 60_000;

describe('the memory of the process that rehearses', () => {
  it(
    `stays flat while a container writes ${GIGABYTES} GB`,
    () => {
      // A small young generation: what is measured is what we keep, not how long garbage may lie.
      const script = ['--max-semi-space-size=2', join(import.meta.dirname, 'flood.ts')];
      // Twice the smaller one: what is loaded only once is loaded by then.
      const sizes = [1e8, 1e8, GIGABYTES * 1e9];
      const text = execFileSync(process.execPath, [...script, ...sizes.map(String)], { encoding: 'utf8' });
      const { bytes, complete, peaks } = JSON.parse(text) as Flood;
      expect(bytes).toEqual(sizes);
      expect(complete).toEqual([true, true, true]);
      const [, small = 0, large = Number.POSITIVE_INFINITY] = peaks;
      expect(large - small, text).toBeLessThan(MOST_GROWTH);
    },
    (2 + 3 * GIGABYTES) * MINUTES,
  );
});
