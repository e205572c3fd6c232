import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Barrage } from './barrage.ts';
import { NOTHING_LEFT } from './host.ts';

const ROUNDS = Number(process.env.DRYLANE_HOSTILE_ROUNDS ?? 30);
const MOST_GROWTH = 150 * 2 ** 20;
const ROUND_MS = 10_000;

describe('hostile commands of every kind, one after another in one process', () => {
  it(
    `grow no memory, leave nothing and change nothing of the host in ${ROUNDS} rounds`,
    () => {
      const args = [join(import.meta.dirname, 'barrage.ts'), String(ROUNDS)];
      const barrage = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Barrage;
      expect(barrage.after).toEqual(barrage.before);
      expect(barrage.left).toEqual(NOTHING_LEFT);
      expect(barrage.ends).toMatchObject({ complete: expect.any(Number), incomplete: expect.any(Number) });
      const { warmRss, laterRss, peakRss } = barrage;
      expect(laterRss - warmRss, JSON.stringify({ warmRss, laterRss, peakRss })).toBeLessThan(MOST_GROWTH);
      process.stdout.write(`resident bytes: warm ${warmRss}, at the end ${laterRss}, at most ${peakRss}\n`);
    },
    ROUND_MS * (ROUNDS + 40),
  );
});
