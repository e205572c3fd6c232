import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { rounds } from './rounds.ts';

/** Work whose ends are said by the test. */
function held() {
  const ends: PromiseWithResolvers<void>[] = [];
  const work = async (): Promise<void> => {
    const end = Promise.withResolvers<void>();
    ends.push(end);
    await end.promise;
  };
  return { ends, work };
}

const never = 1_000_000;

describe('rounds of work', () => {
  it('begin at once, and come again', async () => {
    let count = 0;
    const made = rounds(
      1,
      async () => {
        count += 1;
      },
      () => {},
    );
    while (count < 3) await sleep(1);
    await made.close();
    const last = count;
    await sleep(20);
    expect(count).toBe(last);
  });

  it('are one at a time, and once more after however many asked meanwhile', async () => {
    const { ends, work } = held();
    const made = rounds(never, work, () => {});
    for (let i = 0; i < 5; i++) made.nudge();
    expect(ends).toHaveLength(1);
    ends[0]?.resolve();
    await sleep(5);
    expect(ends).toHaveLength(2);
    ends[1]?.resolve();
    await sleep(5);
    expect(ends).toHaveLength(2);
    made.nudge();
    expect(ends).toHaveLength(3);
    ends[2]?.resolve();
    await made.close();
  });

  it('go on after a fault, which is told', async () => {
    const faults: unknown[] = [];
    const made = rounds(
      1,
      () => Promise.reject(new Error('no')),
      (fault) => faults.push(fault),
    );
    while (faults.length < 2) await sleep(1);
    await made.close();
  });

  it('end with the round that is under way, and none comes after', async () => {
    const { ends, work } = held();
    const made = rounds(1, work, () => {});
    made.nudge();
    let closed = false;
    const closing = made.close().then(() => {
      closed = true;
    });
    await sleep(5);
    expect(closed).toBe(false);
    ends[0]?.resolve();
    await closing;
    made.nudge();
    await sleep(5);
    expect(ends).toHaveLength(1);
  });
});
