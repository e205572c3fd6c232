import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { runId } from '@drylane/proto/ids';
import { afterEach, describe, expect, it } from 'vitest';
import { dispatcherAt } from './claims.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const RUN = runId(1, new Uint8Array(10));
const CLAIM = { owner: 'me', mode: 'apply', bound: `sha256:${'0'.repeat(64)}` } as const;
const LANDED = { result: 'untouched', reason: 'r', owner: 'me' } as const;

async function answering(listener: RequestListener, path = '') {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return dispatcherAt({ url: `http://127.0.0.1:${port}${path}`, token: 't-o-k-e-n', patienceMs: 300 });
}

const withStatus = (status: number) => answering((_, response) => void response.writeHead(status).end());

describe('a claim', () => {
  it.each([
    ...[200, 201, 204].map((status) => [status, 'claimed'] as const),
    ...[400, 401, 403, 404, 409, 422, 429].map((status) => [status, 'refused'] as const),
    ...[301, 302, 307, 408, 425, 500, 502, 503, 504].map((status) => [status, 'unknown'] as const),
  ])('that is answered with %i is %s', async (status, result) => {
    expect((await (await withStatus(status)).claim(RUN, CLAIM)).result).toBe(result);
  });

  it('is asked for at the run, in the name of the worker', async () => {
    const seen: unknown[] = [];
    const dispatcher = await answering(async (request, response) => {
      seen.push(request.method, request.url, request.headers.authorization);
      for await (const chunk of request) seen.push(JSON.parse(String(chunk)));
      response.writeHead(204).end();
    }, '/base');
    await dispatcher.claim(RUN, CLAIM);
    expect(seen).toEqual(['POST', `/base/v1/runs/${RUN}/claim`, 'Bearer t-o-k-e-n', CLAIM]);
  });

  it('that is answered too late, without end, in part, or not at all is not known', async () => {
    const listeners: readonly RequestListener[] = [
      () => undefined,
      (_, response) => void response.writeHead(200).end('x'.repeat(2 ** 20)),
      (_, response) => void response.writeHead(200, { 'content-length': '10' }).write('x'),
      (request) => void request.socket.destroy(),
    ];
    for (const listener of listeners) {
      const answer = await (await answering(listener)).claim(RUN, CLAIM);
      expect(answer.result).toBe('unknown');
      expect(JSON.stringify(answer)).not.toMatch(/127|t-o-k/);
      server?.closeAllConnections();
      server?.close();
    }
  });
});

describe('an end', () => {
  it.each([
    [204, 'told'],
    [409, 'settled-before'],
    [403, 'not-ours'],
    [404, 'not-told'],
    [401, 'not-told'],
    [307, 'not-told'],
    [500, 'not-told'],
  ])('that is answered with %i is %s', async (status, answer) => {
    expect(await (await withStatus(status)).settle(RUN, LANDED)).toBe(answer);
  });
});
