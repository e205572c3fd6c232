import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bullTransport } from './bullmq.ts';
import { bullSettings, flowOf, Heard, serveAll } from './flows.fixture.ts';
import { type Passage, startProxy } from './proxy.fixture.ts';
import { type RedisServer, startRedis } from './redis.fixture.ts';
import type { Job, Json, Transport } from './transport.ts';

let server: RedisServer;
let proxy: Passage;
/** It looks, and is then stopped before it changes anything. */
let slow: Transport;
let quick: Transport;
let heard: Heard;
beforeEach(async () => {
  server = await startRedis();
  proxy = await startProxy(server.url);
  slow = bullTransport({ ...bullSettings(server), url: proxy.url });
  quick = bullTransport(bullSettings(server));
  heard = new Heard();
}, 90_000);
afterEach(async () => {
  await Promise.all([slow, quick].map((transport) => transport[Symbol.asyncDispose]()));
  await proxy.stop();
  await server.stop();
});

const tell = async ({ flow, before }: Job): Promise<Json> => {
  heard.tell([flow, before]);
  return flow;
};
const whole = (id: string) => [
  [id, null],
  [id, { ok: true, value: id }],
  [id, { ok: true, value: id }],
];

describe('a process that stops between looking and doing', () => {
  it('does not submit a flow that has come and gone meanwhile', async () => {
    const held = proxy.holdTransaction();
    const submitted = slow.submit(flowOf('run_A'));
    const { release } = await held;
    await quick.submit(flowOf('run_A'));
    serveAll(quick, tell);
    await heard.until(3);
    release();
    await submitted;
    await quick.submit(flowOf('run_B'));
    expect(await heard.until(6)).toEqual([...whole('run_A'), ...whole('run_B')]);
  });

  it('does not take out a flow that has begun meanwhile', async () => {
    await quick.submit(flowOf('run_A'));
    const held = proxy.holdTransaction();
    const cancelled = slow.cancel('run_A');
    const { release } = await held;
    const serving = quick.serve('first', tell, { concurrency: 1 });
    await heard.until(1);
    await serving.close();
    release();
    expect(await cancelled).toBe(false);
    serveAll(quick, tell);
    expect(await heard.until(3)).toEqual(whole('run_A'));
  });

  it('does nothing with a connection that watches nothing', async () => {
    const held = proxy.holdTransaction();
    const submitted = slow.submit(flowOf('run_A'));
    (await held).cut();
    await expect(submitted).rejects.toMatchObject({ code: 'unavailable' });
    expect(await quick.has('run_A')).toBe(false);

    await quick.submit(flowOf('run_B'));
    const heldAgain = proxy.holdTransaction();
    const cancelled = slow.cancel('run_B');
    (await heldAgain).cut();
    await expect(cancelled).rejects.toMatchObject({ code: 'unavailable' });
    expect(await quick.has('run_B')).toBe(true);
  });
});
