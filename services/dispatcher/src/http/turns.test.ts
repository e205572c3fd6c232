import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { turns } from './turns.ts';

describe('turns', () => {
  it('are so many at once, in order, whatever comes of each', async () => {
    const [turn, begun]: [ReturnType<typeof turns>, number[]] = [turns(2), []];
    let most = 0;
    let now = 0;
    const all = Array.from({ length: 9 }, (_, at) =>
      turn(async () => {
        begun.push(at);
        now += 1;
        most = Math.max(most, now);
        await sleep(2);
        now -= 1;
        if (at % 2 === 0) throw new Error('of its own');
      }),
    );
    await Promise.allSettled(all);
    expect([begun, most]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8], 2]);
  });
});
