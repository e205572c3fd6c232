import { expect, it } from 'vitest';
import { flowOf, KEEP, serveAll, single } from './flows.fixture.ts';
import { describeKinds } from './kinds.fixture.ts';
import type { Job, Json } from './transport.ts';

describeKinds('flows', (bench) => {
  it('begin the urgent ones first, and of those the eldest', async () => {
    const priorities = [5, 0, 2, 0, 2_000_000, 5, 1, 0, 2];
    for (const [i, priority] of priorities.entries())
      await bench.transport.submit(single(`run_${i}`, { priority }));
    bench.transport.serve('first', bench.tellFlow, { concurrency: 1 });
    const order = [1, 3, 7, 6, 2, 8, 0, 5, 4].map((i) => `run_${i}`);
    expect(await bench.heard.until(priorities.length)).toEqual(order);
  });

  it('begin a later step, too, in the order in which they could', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `run_${i}`);
    for (const id of ids) await bench.transport.submit(flowOf(id));
    bench.transport.serve('first', bench.tellFlow, { concurrency: 1 });
    await bench.heard.until(12);
    while ((await bench.transport.depth('second')) < 12);
    bench.transport.serve('second', bench.tellFlow, { concurrency: 1 });
    expect(await bench.heard.until(24)).toEqual([...ids, ...ids]);
  });

  it('are worked on so many at once, and no more', async () => {
    let busy = 0;
    const gates = Array.from({ length: 7 }, () => Promise.withResolvers<null>());
    for (let i = 0; i < gates.length; i++) await bench.transport.submit(single(`run_${i}`));
    const serving = bench.transport.serve(
      'first',
      async ({ flow }) => {
        busy += 1;
        bench.heard.tell(busy);
        await gates[Number(flow.slice(4))]?.promise;
        busy -= 1;
        return null;
      },
      { concurrency: 3 },
    );
    await bench.heard.until(3);
    expect(await bench.transport.depth('first')).toBe(4);
    for (const { resolve } of gates) resolve(null);
    expect(Math.max(...(await bench.heard.until(7)).map(Number))).toBe(3);
    await serving.close();
  });

  it('are there once, however often and however many at once they are submitted', async () => {
    await Promise.all(Array.from({ length: 20 }, () => bench.transport.submit(flowOf('run_A'))));
    expect(await bench.transport.depth('first')).toBe(1);
    await bench.transport.submit({
      ...flowOf('run_A'),
      steps: [{ queue: 'second', data: 'other', attempts: 1 }],
    });
    expect(await bench.transport.depth('second')).toBe(0);
    serveAll(bench.transport, bench.tellFlow);
    await bench.heard.until(3);
    await bench.transport.submit(flowOf('run_A'));
    await bench.transport.submit(flowOf('run_B'));
    expect(await bench.heard.until(6)).toEqual([...Array(3).fill('run_A'), ...Array(3).fill('run_B')]);
  });

  it('are known while they are on their way and when they have ended, and not for ever', async () => {
    expect(await bench.transport.has('run_0')).toBe(false);
    serveAll(bench.transport, bench.tellFlow);
    for (let i = 0; i < KEEP + 5; i++) {
      await bench.transport.submit(flowOf(`run_${i}`));
      expect(await bench.transport.has(`run_${i}`)).toBe(true);
      await bench.heard.until(3 * (i + 1));
    }
    while (await bench.transport.has('run_0'));
    expect(await bench.transport.has(`run_${KEEP + 4}`)).toBe(true);
  });

  it('can be taken out before they begin, and not after', async () => {
    await bench.transport.submit(flowOf('run_A'));
    await bench.transport.submit(flowOf('run_B'));
    expect(await bench.transport.cancel('run_A')).toBe(true);
    expect(await bench.transport.cancel('run_A')).toBe(false);
    expect(await bench.transport.cancel('run_never')).toBe(false);
    expect([await bench.transport.has('run_A'), await bench.transport.depth('first')]).toEqual([false, 1]);

    const gate = Promise.withResolvers<null>();
    const serving = bench.transport.serve(
      'first',
      async (job) => {
        await bench.tellFlow(job);
        return gate.promise;
      },
      { concurrency: 1 },
    );
    await bench.heard.until(1);
    expect(await bench.transport.cancel('run_B')).toBe(false);
    gate.resolve(null);
    await serving.close();
    expect(await bench.transport.cancel('run_B')).toBe(false);
    expect(await bench.transport.depth('second')).toBe(1);
    await bench.transport.submit(flowOf('run_A'));
    expect([await bench.transport.has('run_A'), await bench.transport.depth('first')]).toEqual([true, 1]);
    expect(bench.heard.all).toEqual(['run_B']);
  });

  it('cannot be taken out while a step that failed waits to be tried again', async () => {
    const once = Promise.withResolvers<void>();
    const serving = bench.transport.serve(
      'first',
      async ({ flow }) => {
        bench.heard.tell(flow);
        await once.promise;
        throw new Error('again');
      },
      { concurrency: 1 },
    );
    await bench.transport.submit(single('run_A', {}, 5));
    await bench.heard.until(1);
    const closed = serving.close();
    once.resolve();
    await closed;
    expect([await bench.transport.depth('first'), await bench.transport.cancel('run_A')]).toEqual([1, false]);
  });

  it('that are being worked on are waited for when a queue is closed, and the others stay', async () => {
    const gate = Promise.withResolvers<string>();
    const work = async (job: Job): Promise<Json> => {
      await bench.tellFlow(job);
      return gate.promise;
    };
    const serving = bench.transport.serve('first', work, { concurrency: 2 });
    for (const id of ['run_A', 'run_B', 'run_C']) await bench.transport.submit(flowOf(id));
    await bench.heard.until(2);
    let isClosed = false;
    const closed = serving.close().then(() => {
      isClosed = true;
    });
    await bench.transport.submit(flowOf('run_D'));
    expect(isClosed).toBe(false);
    gate.resolve('drained');
    await closed;
    expect(bench.heard.all).toEqual(['run_A', 'run_B']);
    expect([await bench.transport.depth('first'), await bench.transport.depth('second')]).toEqual([2, 2]);
    bench.transport.serve('second', bench.tellJob, { concurrency: 1 });
    expect((await bench.heard.until(4)).slice(2).map((fact) => Object(fact).before)).toEqual(
      Array(2).fill({ ok: true, value: 'drained' }),
    );
  });
});
