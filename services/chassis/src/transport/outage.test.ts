import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bullTransport } from './bullmq.ts';
import { bullSettings, flowOf, Heard, serveAll } from './flows.fixture.ts';
import { type RedisServer, startRedis } from './redis.fixture.ts';
import type { Job, Json, Transport } from './transport.ts';

let server: RedisServer;
let transport: Transport;
let heard: Heard;
beforeEach(async () => {
  server = await startRedis();
  transport = bullTransport({ ...bullSettings(server), patienceMs: 1_000 });
  heard = new Heard();
}, 90_000);
afterEach(async () => {
  await transport[Symbol.asyncDispose]();
  await server.stop();
});

const tell = async ({ flow, before }: Job): Promise<Json> => {
  heard.tell([flow, before]);
  return flow;
};

/** Asks until it is answered: after an outage, that is a matter of a moment. */
async function insisting<T>(question: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await question();
    } catch (error) {
      expect(error).toMatchObject({ code: 'unavailable' });
    }
  }
}

const done = (value: Json) => ({ ok: true, value });

describe('when Redis is gone', () => {
  const questions: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['submit', () => transport.submit(flowOf('run_A'))],
    ['depth', () => transport.depth('first')],
    ['cancel', () => transport.cancel('run_A')],
    ['has', () => transport.has('run_A')],
  ];

  it.each(questions)('%s says so, and neither waits nor names the address', async (_, question) => {
    await transport.depth('first');
    await server.kill();
    for (let time = 0; time < 3; time++) {
      const refusal = question();
      await expect(refusal).rejects.toMatchObject({
        code: 'unavailable',
        problems: [{ field: 'queue', message: 'Redis does not answer' }],
      });
      await expect(refusal).rejects.not.toThrow(server.url);
    }
  });

  it.each(questions)('%s says so, too, where Redis hangs, however many ask', async (_, question) => {
    await transport.depth('first');
    await server.pause();
    const answers = await Promise.allSettled(Array.from({ length: 30 }, question));
    await server.resume();
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    await insisting(question);
  });

  it('a transport can be made, served and closed', async () => {
    await server.kill();
    const other = bullTransport({ ...bullSettings(server), patienceMs: 200 });
    const serving = other.serve('first', tell, { concurrency: 1 });
    await expect(other.submit(flowOf('run_A'))).rejects.toMatchObject({ code: 'unavailable' });
    await serving.close();
    await other[Symbol.asyncDispose]();
  });

  it('who closes waits for the work, not for Redis; another works again on what could not be told', async () => {
    const gate = Promise.withResolvers<null>();
    const dying = bullTransport({ ...bullSettings(server), patienceMs: 200, lockMs: 2_000 });
    dying.serve(
      'first',
      async (job) => {
        await tell(job);
        return gate.promise;
      },
      { concurrency: 1 },
    );
    const steps = [{ queue: 'first', data: null, attempts: 2 }];
    await transport.submit(flowOf('run_A', { steps }));
    await heard.until(1);
    await server.kill();
    const closed = dying[Symbol.asyncDispose]();
    gate.resolve(null);
    await closed;
    await server.start();
    await using other = bullTransport({ ...bullSettings(server), lockMs: 2_000 });
    other.serve('first', tell, { concurrency: 1 });
    expect(await heard.until(2)).toEqual(Array(2).fill(['run_A', null]));
  });
});

describe('when Redis comes back', () => {
  it('nothing that it kept is lost, and all goes on by itself', async () => {
    const gate = Promise.withResolvers<null>();
    const begun = Promise.withResolvers<void>();
    serveAll(transport, async (job) => {
      if (job.flow === 'run_B' && job.before === null) {
        begun.resolve();
        await gate.promise;
      }
      return tell(job);
    });
    await transport.submit(flowOf('run_A'));
    await heard.until(3);
    await transport.submit(flowOf('run_B'));
    await begun.promise;
    await transport.submit(flowOf('run_C'));
    await server.kill();
    await expect(transport.submit(flowOf('run_D'))).rejects.toMatchObject({ code: 'unavailable' });
    // What was begun comes to its end while nobody can be told.
    gate.resolve(null);
    await heard.until(4);
    await server.start();

    await heard.until(9);
    await insisting(() => transport.submit(flowOf('run_D')));
    const facts = await heard.until(12);
    for (const id of ['run_A', 'run_B', 'run_C', 'run_D'])
      expect(facts.filter((fact) => Array.isArray(fact) && fact[0] === id)).toEqual([
        [id, null],
        [id, done(id)],
        [id, done(id)],
      ]);
  });

  it('workers that were there before it work', async () => {
    await server.kill();
    serveAll(transport, tell);
    await server.start();
    await insisting(() => transport.submit(flowOf('run_A')));
    expect(await heard.until(3)).toHaveLength(3);
  });

  it('with nothing in it, flows are made again', async () => {
    await transport.submit(flowOf('run_A'));
    await server.ask((client) => client.flushall());
    expect(await transport.has('run_A')).toBe(false);
    await transport.submit(flowOf('run_A'));
    serveAll(transport, tell);
    expect(await heard.until(3)).toHaveLength(3);
  });

  it('with nothing in it, what is being worked on ends quietly', async () => {
    const gate = Promise.withResolvers<null>();
    const serving = transport.serve(
      'first',
      async (job) => {
        await tell(job);
        return gate.promise;
      },
      { concurrency: 1 },
    );
    await transport.submit(flowOf('run_A'));
    await heard.until(1);
    await server.ask((client) => client.flushall());
    gate.resolve(null);
    await serving.close();
    expect(await transport.has('run_A')).toBe(false);
  });
});
