import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DrylaneError } from '@drylane/proto/errors';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addressOf } from './address.ts';
import { type Call, createClient, type Send, TERMS, type Terms } from './client.ts';
import { sendPlain } from './loopback.ts';

const TOKEN = `drl_${'a'.repeat(12)}_${'b'.repeat(49)}`;
const QUICK: Terms = {
  ...TERMS,
  patience: { tries: 4, firstMs: 1, longestMs: 2000 },
  ...{ answerMs: 300, idleMs: 200, documentBytes: 5000 },
};
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server that answers as it is told, a client of it, and what it was asked. */
async function facingBy(handler: Handler, send: Send = fetch) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    handler(request, response, asked.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { url, asked, client: createClient(addressOf(url, { DRYLANE_TOKEN: TOKEN }), QUICK, send) };
}

const Said = z.object({ said: z.string() });
const GET: Call = { method: 'GET', path: '/v1/x' };

/** The fault that a promise ends with; nothing in it holds the token. */
async function faultOf(promise: Promise<unknown>): Promise<DrylaneError> {
  const fault = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(fault instanceof DrylaneError)) throw new Error(`no fault of ours: ${String(fault)}`);
  expect(JSON.stringify(fault.problems) + fault.message).not.toContain(TOKEN);
  return fault;
}

function problem(
  response: ServerResponse,
  status: number,
  code: string,
  problems: unknown = [],
  retry?: string,
) {
  if (retry !== undefined) response.setHeader('retry-after', retry);
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(
    JSON.stringify({ type: `https://drylane.dev/problems/${code}`, title: 't', status, problems }),
  );
}

describe.each([
  ['fetch', fetch],
  ['plain http', sendPlain],
] as const)('a client of a dispatcher, by %s,', (_, send) => {
  const facing = (handler: Handler) => facingBy(handler, send);

  it('shows its token to the host it was given for, and reads what is answered', async () => {
    const { client, asked } = await facing((_, response) => response.end('{"said":"hi","more":1}'));
    expect(await client.ask(Said, { ...GET, query: { a: 'b&c', none: undefined } })).toEqual({ said: 'hi' });
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(asked[0]?.url).toBe('/v1/x?a=b%26c');
  });

  it.each([301, 302, 307, 308])('follows no redirect (%i), and takes its token nowhere', async (status) => {
    const other = await facing((_, response) => response.end('{"said":"mine"}'));
    const { client, asked } = await facing((_, response) => {
      response.writeHead(status, { location: `${other.url}/v1/x` }).end();
    });
    const fault = await faultOf(client.ask(Said, GET));
    expect(fault.code).toBe('unavailable');
    expect(fault.message).toContain('leads to another address');
    expect([asked.length, other.asked.length]).toEqual([1, 0]);
  });

  it.each([
    ['no JSON', '<html>'],
    ['another document', '{"other":1}'],
    ['nothing', ''],
  ])('says so where it is answered %s', async (_, text) => {
    const { client } = await facing((__, response) => response.end(text));
    const fault = await faultOf(client.ask(Said, GET));
    expect(fault).toMatchObject({ code: 'unavailable', message: expect.stringContaining('otherwise') });
  });

  it('reads no more than may be', async () => {
    const { client } = await facing((_, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(1000)));
        response.once('drain', more);
      };
      more();
    });
    expect((await faultOf(client.ask(Said, GET))).message).toContain('more than 5000 bytes');
  });

  it('waits neither for an answer nor for the rest of one for ever', async () => {
    const silent = await facing(() => undefined);
    const started = Date.now();
    expect((await faultOf(silent.client.ask(Said, { ...GET, method: 'POST' }))).message).toContain('in time');
    const slow = await facing((_, response) => void response.write('{"sa'));
    expect((await faultOf(slow.client.ask(Said, GET))).message).toContain('sent nothing');
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  it('tells a refusal on as it was made, with its exit status', async () => {
    const problems = [{ field: 'intent.mode', message: 'is odd', mend: 'mend it' }];
    const { client } = await facing((_, response) => problem(response, 400, 'bad-input', problems));
    expect(await faultOf(client.ask(Said, GET))).toMatchObject({ code: 'bad-input', problems });
  });

  it.each([
    [401, 'unauthenticated', 'bad-input'],
    [403, 'forbidden', 'bad-input'],
    [404, 'not-found', 'not-found'],
    [409, 'conflict', 'bad-input'],
    [409, 'approval-needed', 'approval-needed'],
    [500, 'internal', 'internal'],
    [500, 'no-such-code', 'unavailable'],
    [500, 'constructor', 'unavailable'],
  ])('knows %i %s as %s', async (status, code, ours) => {
    const { client, asked } = await facing((_, response) => problem(response, status, code));
    const fault = await faultOf(client.ask(Said, GET));
    expect(fault.code).toBe(ours);
    expect(fault.problems.length).toBe(1);
    expect(asked.length).toBe(1);
  });

  it('says that nobody is there', async () => {
    const { url } = await facing(() => undefined);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    const client = createClient(addressOf(url, { DRYLANE_TOKEN: TOKEN }), QUICK, send);
    const fault = await faultOf(client.ask(Said, { ...GET, method: 'POST' }));
    expect(fault).toMatchObject({ code: 'unavailable', message: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('a client of a dispatcher', () => {
  it('asks again where asking twice is asking once, and waits as long as it is told', async () => {
    const { client, asked } = await facingBy((_, response, count) =>
      count < 3 ? problem(response, 503, 'unavailable', [], '0') : response.end('{"said":"hi"}'),
    );
    expect(await client.ask(Said, GET)).toEqual({ said: 'hi' });
    expect(asked.length).toBe(3);
    const later = await facingBy((_, response) => problem(response, 503, 'unavailable', [], '1'));
    const started = Date.now();
    await faultOf(later.client.ask(Said, { ...GET, isSafe: true }));
    expect(Date.now() - started).toBeGreaterThan(2900);
    const long = await facingBy((_, response) => problem(response, 503, 'unavailable', [], '3600'));
    await faultOf(long.client.ask(Said, GET));
    expect(long.asked.length).toBe(1);
  }, 20_000);

  it('sends what would happen twice once, unless it was turned away', async () => {
    const POST: Call = { method: 'POST', path: '/v1/x', body: { a: 1 } };
    const broken = await facingBy((_, response) => problem(response, 503, 'unavailable'));
    await faultOf(broken.client.ask(Said, POST));
    const lost = await facingBy((request) => request.socket.destroy());
    await faultOf(lost.client.ask(Said, POST));
    expect([broken.asked.length, lost.asked.length]).toEqual([1, 1]);
    const full = await facingBy((_, response) => problem(response, 429, 'too-many-requests', [], '0'));
    expect((await faultOf(full.client.ask(Said, POST))).code).toBe('unavailable');
    expect(full.asked.length).toBe(4);
  });

  it('sends a tar part by part, and tells of what went wrong with it', async () => {
    const { client } = await facingBy((request, response) => {
      let size = 0;
      request.on('data', (part: Buffer) => {
        size += part.length;
      });
      request.on('end', () => response.end(JSON.stringify({ said: String(size) })));
    });
    async function* tar(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 50; n += 1) yield new Uint8Array(10_000);
    }
    expect(await client.ask(Said, { method: 'POST', path: '/v1/x', tar })).toEqual({ said: '500000' });
    const changed = new DrylaneError('bad-input', { field: 'f', message: 'changed', mend: 'm' });
    async function* bad(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw changed;
    }
    expect(await faultOf(client.ask(Said, { method: 'POST', path: '/v1/x', tar: bad }))).toBe(changed);
  });
});
