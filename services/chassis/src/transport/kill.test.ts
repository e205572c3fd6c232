import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BullSettings, bullTransport } from './bullmq.ts';
import { bullSettings, flowOf, Heard, serveAll } from './flows.fixture.ts';
import { type RedisServer, startRedis } from './redis.fixture.ts';
import type { Job, Json, Transport } from './transport.ts';

// Long enough that a busy machine does not make a sound worker look dead.
const LOCK_MS = 4_000;

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
}, 90_000);
afterAll(() => server?.stop());

let transport: Transport;
let heard: Heard;
beforeEach(async () => {
  await server.ask((client) => client.flushall());
  transport = bullTransport(settings());
  heard = new Heard();
});
afterEach(() => transport[Symbol.asyncDispose]());

const settings = (): BullSettings => ({ ...bullSettings(server), lockMs: LOCK_MS });

const tell = async ({ data, attempt, before }: Job): Promise<Json> => {
  heard.tell([data, attempt, before]);
  return 'done';
};

/** Lets a process begin the first step, and kills it then; answers which attempt it began. */
async function beginAndDie(): Promise<string> {
  const args = [join(import.meta.dirname, 'worker.fixture.ts'), server.url, String(LOCK_MS)];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  try {
    const [begun] = child.stdout === null ? [] : await once(child.stdout, 'data');
    return String(begun).trim();
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}

function withAttempts(attempts: number) {
  const flow = flowOf('run_A');
  return { ...flow, steps: flow.steps.map((step) => ({ ...step, attempts })) };
}

describe('a worker that is killed in the middle of a step', () => {
  it('has its step begun by another, where it may be begun twice', async () => {
    await transport.submit(withAttempts(2));
    expect(await beginAndDie()).toBe('1');
    expect(await transport.cancel('run_A')).toBe(false);
    serveAll(transport, tell);
    const done = { ok: true, value: 'done' };
    expect(await heard.until(3)).toEqual([
      ['run_A', 2, null],
      ['run_A', 1, done],
      ['run_A', 1, done],
    ]);
  });

  it('has its step begun by nobody, where it may be begun once, and the next step is told', async () => {
    await transport.submit(withAttempts(1));
    expect(await beginAndDie()).toBe('1');
    serveAll(transport, tell);
    const reason = 'it was begun once, and whoever worked on it did not come to an end';
    expect(await heard.until(2)).toEqual([
      ['run_A', 1, { ok: false, reason }],
      ['run_A', 1, { ok: true, value: 'done' }],
    ]);
    expect(await transport.depth('first')).toBe(0);
  });

  it('is not followed for ever by others that die of the same step', async () => {
    await transport.submit(withAttempts(2));
    expect([await beginAndDie(), await beginAndDie()]).toEqual(['1', '2']);
    serveAll(transport, tell);
    const reason = 'it was begun 2 times, and whoever worked on it did not come to an end';
    expect((await heard.until(2))[0]).toEqual(['run_A', 1, { ok: false, reason }]);
  }, 60_000);
});

describe('a worker that only looks dead', () => {
  it('is told that its answer does not count any more', async () => {
    await transport.submit(withAttempts(1));
    const gate = Promise.withResolvers<Json>();
    const stale = transport.serve(
      'first',
      async ({ signal }) => {
        heard.tell('begun');
        signal.addEventListener('abort', () => heard.tell('aborted'));
        return gate.promise;
      },
      { concurrency: 1 },
    );
    await heard.until(1);
    // What happens when nothing is heard of it for longer than its lock lasts.
    await server.ask((client) => client.del('test:first:run_A:lock'));
    await heard.until(2);
    serveAll(transport, tell);
    const facts = await heard.until(4);
    expect(facts.slice(0, 2)).toEqual(['begun', 'aborted']);
    expect(facts[2]).toMatchObject(['run_A', 1, { ok: false }]);
    gate.resolve('too late');
    await stale.close();
    expect(heard.all).toEqual(facts);
  });
});
