import { afterEach, describe, expect, it } from 'vitest';
import { ENVELOPE, openPlace, type Place } from './server.fixture.ts';
import { RunPage } from './wire.ts';

let place: Place;
afterEach(async () => place[Symbol.asyncDispose]());

/** Runs with commands of 90 KB. */
async function largeRuns(number: number): Promise<void> {
  for (let at = 0; at < number; at += 1) {
    const json = { ...ENVELOPE, command: `echo ${at} ${'x'.repeat(90_000)}` };
    expect((await place.ask('/v1/runs', { as: 'owner', json })).status).toBe(202);
  }
}

describe('a large answer', () => {
  it('is a page of fewer runs, and says where the next one begins', async () => {
    place = await openPlace({ lane: { held: true } });
    await largeRuns(15);
    const pages: RunPage[] = [];
    for (let path: string | null = '/v1/runs?limit=200'; path !== null; path = pages.at(-1)?.next ?? null)
      pages.push(RunPage.parse(await (await place.ask(path)).json()));
    expect(pages.map(({ runs }) => runs.length)).toEqual([12, 3]);
    expect(new Set(pages.flatMap(({ runs }) => runs.map(({ id }) => id))).size).toBe(15);
  });

  it('is not sent to somebody who does not read the one before it', async () => {
    place = await openPlace({ lane: { held: true } });
    await largeRuns(1);
    // More than the system keeps of an answer that nobody reads.
    const text = 'x'.repeat(50 * 1024 ** 2);
    place.service.patches = async () => [{ path: 'a', text, cut: false }];
    const [{ id } = { id: '' }] = await place.service.list({ tenants: 'all', limit: 1 });
    const diff = () => place.ask(`/v1/runs/${id}/diff`, { as: 'viewer' });
    const unread = await diff();
    expect(unread.status).toBe(200);
    const next = await diff();
    expect([next.status, next.headers.get('retry-after')]).toEqual([429, '5']);
    expect((await unread.arrayBuffer()).byteLength).toBe(text.length + 1);
    const again = await diff();
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });

  it('is one of so many that somebody asks for at once', async () => {
    place = await openPlace({ limits: { reads: { perPrincipal: 2, perTenant: 9, inAll: 9 } } });
    const { list } = place.service;
    const gate = Promise.withResolvers<void>();
    place.service.list = async (query) => {
      await gate.promise;
      return list(query);
    };
    const asked = [1, 2].map(() => place.ask('/v1/runs', { as: 'viewer' }));
    await expect.poll(async () => (await place.ask('/v1/runs', { as: 'viewer' })).status).toBe(429);
    gate.resolve();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
  });
});
