import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { rawTo, within } from './raw.fixture.ts';
import { openPlace, type Place } from './server.fixture.ts';

let place: Place;
afterEach(async () => place[Symbol.asyncDispose]());

const head = (path: string, lines: readonly string[], as: keyof Place['tokens'] = 'owner'): string =>
  [`POST ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${place.tokens[as]}`, ...lines, '', ''].join(
    '\r\n',
  );

const JSON_HEAD = 'content-type: application/json';

describe('a client that is slow', () => {
  it('with its headers is cut off', async () => {
    place = await openPlace({ limits: { headersMs: 200 } });
    const { socket, closed } = rawTo(place.server.port, 'GET /healthz HTTP/1.1\r\nx: ');
    const drip = setInterval(() => socket.write('a'), 20);
    const value = await within(5000, closed);
    clearInterval(drip);
    expect(value).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('with a document is told so, and cut off', async () => {
    place = await openPlace({ limits: { documentMs: 150, lingerMs: 200 } });
    const { socket, closed } = rawTo(
      place.server.port,
      head('/v1/runs', [JSON_HEAD, 'content-length: 5000']),
    );
    const drip = setInterval(() => socket.write(' '), 20);
    const value = await within(5000, closed);
    clearInterval(drip);
    expect(value).toMatch(/^HTTP\/1\.1 400 /);
    expect(value).toContain('did not come whole in time');
  });

  it('who says nothing more is cut off, and its upload is not kept', async () => {
    place = await openPlace({ limits: { idleMs: 200 } });
    const { closed } = rawTo(
      place.server.port,
      `${head('/v1/workspaces', ['content-type: application/x-tar', 'content-length: 5000'])}half`,
    );
    await within(5000, closed);
    // The place of the upload is free again.
    const answers = await Promise.all(Array.from({ length: 4 }, () => upload('whole')));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  });

  it('to read their answer is cut off, and no more of it is made than they read', async () => {
    place = await openPlace({ limits: { idleMs: 2000 } });
    const id = await place.submit();
    const { promise: over, resolve } = Promise.withResolvers<void>();
    let made = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (; ; made += 65_536) yield new Uint8Array(65_536);
      } finally {
        resolve();
      }
    }
    place.service.layer = async () => ({ size: 1e12, bytes: endless() });
    const { socket } = rawTo(
      place.server.port,
      `GET /v1/runs/${id}/change-set/layer HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${place.tokens.owner}\r\n\r\n`,
    );
    socket.pause();
    await within(10_000, over);
    expect(made).toBeLessThan(64 * 1024 * 1024);
    socket.destroy();
  });
});

const upload = (body: string | Uint8Array | ReadableStream, as: keyof Place['tokens'] = 'owner') =>
  place.ask('/v1/workspaces', { as, body, headers: { 'content-type': 'application/x-tar' } });

describe('a client that sends too much', () => {
  it('as a document is told so, whether it said how much or not', async () => {
    place = await openPlace();
    const large = Buffer.alloc(1024 * 1024 + 1, 'a');
    const told = await place.ask('/v1/runs', {
      body: large,
      headers: { 'content-type': 'application/json' },
    });
    expect(told.status).toBe(413);
    const stream = new Blob([large, large]).stream();
    const untold = await place.ask('/v1/runs', {
      body: stream,
      headers: { 'content-type': 'application/json' },
    });
    expect(untold.status).toBe(413);
    expect(await untold.json()).toMatchObject({ type: 'https://drylane.dev/problems/too-large' });
  });

  it('as a workspace is told so, and nothing of it is kept', async () => {
    place = await openPlace({ limits: { workspaceBytes: 1000 } });
    expect((await upload(Buffer.alloc(1001))).status).toBe(413);
    expect((await upload(new Blob([Buffer.alloc(600), Buffer.alloc(600)]).stream())).status).toBe(413);
    const whole = await upload(Buffer.alloc(1000));
    expect(await whole.json()).toMatchObject({ bytes: 1000 });
  });

  it('and goes on after it was refused is cut off', async () => {
    place = await openPlace({ limits: { lingerMs: 200 } });
    const { socket, closed } = rawTo(
      place.server.port,
      'POST /v1/runs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n',
    );
    const drip = setInterval(() => socket.write('4\r\naaaa\r\n'), 10);
    const value = await within(5000, closed);
    clearInterval(drip);
    expect(value).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('of headers is told so', async () => {
    place = await openPlace();
    const { closed } = rawTo(
      place.server.port,
      `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
    );
    expect(await within(5000, closed)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('connections has those closed that are too many', async () => {
    place = await openPlace({ limits: { connections: 5 } });
    const held = Array.from({ length: 5 }, () => rawTo(place.server.port, ''));
    await sleep(100);
    const more = rawTo(place.server.port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await within(5000, more.closed)).toBe('');
    for (const { socket } of held) socket.destroy();
  });

  it('requests is told when to come again', async () => {
    place = await openPlace({ rate: { perSecond: 1, burst: 3 } });
    const statuses: number[] = [];
    let last: Response | undefined;
    for (let n = 0; n < 5; n++) {
      last = await place.ask('/v1/policy', { as: 'viewer' });
      statuses.push(last.status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(last?.headers.get('retry-after')).toBe('1');
    // Others are not kept waiting by it.
    expect((await place.ask('/v1/policy', { as: 'operator' })).status).toBe(200);
  });
});
