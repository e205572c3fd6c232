import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bullTransport } from './bullmq.ts';
import { bullSettings, flowOf, Heard, KEEP, QUEUES, serveAll } from './flows.fixture.ts';
import { type RedisServer, startRedis } from './redis.fixture.ts';
import type { Job, Json } from './transport.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 90_000);
afterAll(() => server?.stop());
beforeEach(async () => {
  await server.ask((client) => client.flushall());
});

describe('processes that share a Redis', () => {
  it('submit a flow once between them, and have it once', async () => {
    await using one = bullTransport(bullSettings(server));
    await using other = bullTransport(bullSettings(server));
    const heard = new Heard();
    const serve = (worker: string) => async () => {
      heard.tell(worker);
      return worker;
    };
    serveAll(one, serve('one'));
    serveAll(other, serve('other'));
    for (let round = 0; round < 50; round++) {
      const flow = flowOf(`run_${round}`);
      await Promise.all([one, other, one, other].map((transport) => transport.submit(flow)));
      await heard.until(3 * (round + 1));
    }
    expect(await one.has('run_49')).toBe(true);
    expect(heard.all).toHaveLength(150);
  });

  it('take a flow out, or begin it, and never both', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => `run_${i}`);
    await using one = bullTransport(bullSettings(server));
    await using other = bullTransport(bullSettings(server));
    for (const id of ids) await one.submit(flowOf(id));
    const begun = new Heard();
    const settled = new Heard();
    const gate = Promise.withResolvers<void>();
    const [first = '', second = '', third = ''] = QUEUES;
    const begin = async ({ flow }: Job): Promise<Json> => {
      begun.tell(flow);
      await gate.promise;
      return null;
    };
    const settle = async ({ flow }: Job): Promise<Json> => {
      settled.tell(flow);
      return null;
    };
    other.serve(first, begin, { concurrency: 1 });
    other.serve(second, async () => null, { concurrency: 4 });
    other.serve(third, settle, { concurrency: 4 });
    await begun.until(1);
    // One goes through them from the front, the other from the back, until they meet.
    const out = new Set<string>();
    for (const id of ids.toReversed()) {
      if (await one.cancel(id)) out.add(id);
      gate.resolve();
    }
    const rest = ids.filter((id) => !out.has(id));
    expect([...(await settled.until(rest.length))].sort()).toEqual(rest.sort());
    expect([...begun.all].sort()).toEqual(rest);
    expect(out.size).toBeGreaterThan(0);
    expect(rest.length).toBeGreaterThan(0);
  });
});

describe('a flow that has ended', () => {
  it('is known as long as it is to be, though no other ends, and can be brought again then', async () => {
    const keep = { count: KEEP, seconds: 0.3 };
    await using transport = bullTransport({ ...bullSettings(server), keep });
    const heard = new Heard();
    serveAll(transport, async ({ flow }) => {
      heard.tell(flow);
      return null;
    });
    await transport.submit(flowOf('run_A'));
    await heard.until(3);
    await transport.submit(flowOf('run_A'));
    expect(await transport.has('run_A')).toBe(true);
    await expect.poll(() => transport.has('run_A')).toBe(false);
    await transport.submit(flowOf('run_A'));
    expect(await heard.until(6)).toEqual(Array(6).fill('run_A'));
  });

  it('failed at last only after pauses that became longer', async () => {
    await using transport = bullTransport(bullSettings(server));
    const heard = new Heard();
    serveAll(transport, async ({ before }) => {
      heard.tell(before === null ? Date.now() : null);
      throw new Error('not yet');
    });
    await transport.submit(flowOf('run_A', { steps: [{ queue: 'first', data: 1, attempts: 4 }] }));
    const times = (await heard.until(4)).map(Number);
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    for (const [i, least] of [100, 200, 400].entries()) expect(pauses[i]).toBeGreaterThanOrEqual(least - 5);
  });
});

describe('what Redis holds', () => {
  it('is bounded when flows have ended, whatever became of them', async () => {
    const transport = bullTransport(bullSettings(server));
    const heard = new Heard();
    serveAll(
      transport,
      async ({ data, before }) => {
        if (before !== null) heard.tell(1);
        if (Number(data) % 3 === 0) throw new Error('x'.repeat(1000));
        return 'y'.repeat(1000);
      },
      4,
    );
    const flows = 300;
    for (let i = 0; i < flows; i++) {
      const steps = QUEUES.map((queue) => ({ queue, data: i, attempts: 1 }));
      await transport.submit({ id: `run_${i}`, steps, priority: 0 });
    }
    await heard.until(2 * flows);
    await transport[Symbol.asyncDispose]();
    const keys = await server.ask((client) => client.keys('*'));
    const kept = keys.filter((key) => key.includes(':run_'));
    // Of each flow that is still known: the last step, and what the one before it answered.
    expect(kept.length).toBeLessThanOrEqual(2 * KEEP);
    expect(kept.filter((key) => !key.startsWith('test:third:'))).toEqual([]);
    for (const queue of QUEUES)
      expect(await server.ask((client) => client.xlen(`test:${queue}:events`))).toBeLessThan(300);
  });
});
