import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

it('about one key, one thing is done after another, whatever becomes of it; about others at once', async () => {
  const deeds = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), fails: fc.boolean() }), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(deeds, async (all) => {
      const turns = createTurns();
      const busy = new Set<string>();
      const order: number[] = [];
      const ends = all.map(({ key, fails }, i) =>
        turns(key, async () => {
          expect(busy.has(key)).toBe(false);
          busy.add(key);
          await Promise.resolve();
          busy.delete(key);
          order.push(i);
          if (fails) throw new Error(`${i}`);
          return i;
        }),
      );
      const settled = await Promise.allSettled(ends);
      expect(settled.map(({ status }) => status)).toEqual(
        all.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')),
      );
      for (const key of ['a', 'b']) {
        const mine = order.filter((i) => all[i]?.key === key);
        expect(mine).toEqual(mine.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 60 },
  );
});
