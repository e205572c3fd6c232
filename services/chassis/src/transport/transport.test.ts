import fc from 'fast-check';
import { expect, it } from 'vitest';
import { flowOf, QUEUES, serveAll } from './flows.fixture.ts';
import { describeKinds } from './kinds.fixture.ts';
import type { Json } from './transport.ts';

describeKinds('flows', (bench) => {
  it('go from step to step, each told what the one before answered', async () => {
    const steps = QUEUES.map((queue, i) => ({ queue, data: i, attempts: 1 }));
    await bench.transport.submit({ id: 'run_A', steps, priority: 3, trace: { traceparent: '00-ab-cd-01' } });
    serveAll(bench.transport, bench.tellJob);
    const always = { flow: 'run_A', attempt: 1, trace: { traceparent: '00-ab-cd-01' } };
    expect(await bench.heard.until(3)).toEqual([
      { ...always, data: 0, before: null },
      { ...always, data: 1, before: { ok: true, value: { answered: 0 } } },
      { ...always, data: 2, before: { ok: true, value: { answered: 1 } } },
    ]);
  });

  it('carry any value', async () => {
    serveAll(bench.transport, async ({ data, before }) => {
      if (before !== null) bench.heard.tell(before);
      return data;
    });
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.json({ stringUnit: 'binary' }), async (text) => {
        const value: Json = JSON.parse(JSON.stringify(JSON.parse(text)));
        const steps = ['first', 'second'].map((queue) => ({ queue, data: value, attempts: 1 }));
        sent += 1;
        await bench.transport.submit({ id: `run_${sent}`, steps, priority: 0 });
        expect((await bench.heard.until(sent)).at(-1)).toEqual({ ok: true, value });
      }),
      { numRuns: 60 },
    );
  });

  it('are what they were when they were submitted', async () => {
    const list = [1];
    const steps = QUEUES.map((queue) => ({ queue, data: { list }, attempts: 1 }));
    await bench.transport.submit({ id: 'run_A', steps, priority: 0 });
    list.push(2);
    serveAll(bench.transport, async ({ data }) => {
      bench.heard.tell(JSON.stringify(data));
      if (data !== null) Object.assign(data, { list: [] });
      return data;
    });
    expect(await bench.heard.until(3)).toEqual(Array(3).fill('{"list":[1]}'));
  });

  it('go on when a step fails, and say why', async () => {
    serveAll(bench.transport, async (job) => {
      await bench.tellJob(job);
      throw new Error(`no ${JSON.stringify(job.data)}`);
    });
    await bench.transport.submit(flowOf('run_A'));
    expect((await bench.heard.until(3)).map((fact) => Object(fact).before)).toEqual([
      null,
      { ok: false, reason: 'no "run_A"' },
      { ok: false, reason: 'no "run_A"' },
    ]);
  });

  // The queue in Redis takes some words and names of errors for orders.
  const thrown: readonly (readonly [string, unknown, string])[] = [
    ['a text', 'words', 'words'],
    ['nothing', undefined, 'no reason was given'],
    ['an object without a prototype', Object.create(null), 'no reason was given'],
    ['a long error', new Error('x'.repeat(10_000)), 'x'.repeat(500)],
    ['half a character', new Error('\ud800'), '\ufffd'],
    ['an order', new Error('bullmq:rateLimitExceeded'), 'bullmq:rateLimitExceeded'],
    ['an error named as an order', Object.assign(new Error('y'), { name: 'DelayedError' }), 'y'],
    ['another', Object.assign(new Error('z'), { name: 'WaitingChildrenError' }), 'z'],
  ];
  it.each(thrown)('take %s for a failure like any other', async (_, error, reason) => {
    serveAll(bench.transport, async ({ before }) => {
      bench.heard.tell(before);
      throw error;
    });
    await bench.transport.submit(flowOf('run_A'));
    expect(await bench.heard.until(3)).toEqual([null, { ok: false, reason }, { ok: false, reason }]);
  });

  it('try a step again that fails, as often as it may', async () => {
    const steps = [
      { queue: 'first', data: 'fails', attempts: 3 },
      { queue: 'second', data: 'recovers', attempts: 3 },
      { queue: 'third', data: 'works', attempts: 3 },
    ];
    serveAll(bench.transport, async ({ data, attempt, before }) => {
      bench.heard.tell([data, attempt, before]);
      if (data === 'fails' || (data === 'recovers' && attempt === 1)) throw new Error(`${attempt}`);
      return attempt;
    });
    await bench.transport.submit({ id: 'run_A', steps, priority: 0 });
    const failed = { ok: false, reason: '3' };
    expect(await bench.heard.until(6)).toEqual([
      ['fails', 1, null],
      ['fails', 2, null],
      ['fails', 3, null],
      ['recovers', 1, failed],
      ['recovers', 2, failed],
      ['works', 1, { ok: true, value: 2 }],
    ]);
  });

  it.each([
    ['an id that is none', { id: 'run:1' }],
    ['an id that is a number', { id: '7' }],
    ['no steps', { steps: [] }],
    ['a queue that is none', { steps: [{ queue: 'nowhere', data: 1, attempts: 1 }] }],
    ['a queue twice', { steps: [1, 2].map((data) => ({ queue: 'first', data, attempts: 1 })) }],
    ['a step that may not begin', { steps: [{ queue: 'first', data: 1, attempts: 0 }] }],
    ['a priority before the first', { priority: -1 }],
    ['half a priority', { priority: 0.5 }],
    ['a priority behind the last', { priority: 2_000_001 }],
  ])('are refused with %s', async (_, rest) => {
    await expect(bench.transport.submit(flowOf('run_A', rest))).rejects.toMatchObject({ code: 'internal' });
    expect(await bench.transport.has('run_A')).toBe(false);
  });

  it('are found in the queues of the transport alone', async () => {
    expect(() => bench.transport.serve('nowhere', bench.tellFlow, { concurrency: 1 })).toThrow('no queue');
    await expect(bench.transport.depth('nowhere')).rejects.toMatchObject({ code: 'internal' });
  });

  it('are not taken any more by a transport that is closed', async () => {
    await bench.transport[Symbol.asyncDispose]();
    await expect(bench.transport.submit(flowOf('run_A'))).rejects.toMatchObject({ code: 'unavailable' });
    const serve = () => bench.transport.serve('first', bench.tellFlow, { concurrency: 1 });
    expect(serve).toThrow('takes no more');
  });
});
