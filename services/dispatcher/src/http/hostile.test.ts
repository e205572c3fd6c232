import { afterEach, describe, expect, it } from 'vitest';
import { makeToken } from '../access/token.ts';
import { rawTo, within } from './raw.fixture.ts';
import { ENVELOPE, openPlace, type Place, SECRET } from './server.fixture.ts';

let place: Place;
afterEach(async () => place[Symbol.asyncDispose]());

describe('a request that is not what it should be', () => {
  it.each([
    ['text/plain', 415],
    ['application/xml', 415],
    ['', 415],
    ['application/json, text/plain', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/x-tar', 415],
    ['application/json; charset=utf-8', 202],
  ])('of the kind "%s" is answered with %i', async (type, status) => {
    place = await openPlace();
    const body = Buffer.from(JSON.stringify(ENVELOPE));
    const answer = await place.ask('/v1/runs', { as: 'owner', body, headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
  });

  it('with a packed body is refused', async () => {
    place = await openPlace();
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await place.ask('/v1/runs', { as: 'owner', body: Buffer.from('{}'), headers });
    expect(answer.status).toBe(415);
  });

  it.each([
    ['no body', undefined],
    ['an empty document', ''],
    ['half of one', '{"command":'],
    ['prototype keys', '{"__proto__":{"command":"ls"},"constructor":{}}'],
    ['a nest', '['.repeat(100_000)],
    ['a bomb of aliases', 'a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]'],
    ['a NUL byte', '{"command":"\u0000"}'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('with %s is refused', async (_, body) => {
    place = await openPlace();
    const headers = { 'content-type': 'application/yaml' };
    const sent = body === undefined ? {} : { body };
    const answer = await place.ask('/v1/runs', { as: 'owner', method: 'POST', headers, ...sent });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      type: 'https://drylane.dev/problems/bad-input',
      status: 400,
    });
  });

  it('with a body where none is taken is refused', async () => {
    place = await openPlace();
    const id = await place.submit();
    const answer = await place.ask(`/v1/runs/${id}/cancel`, { as: 'owner', json: {} });
    expect(answer.status).toBe(400);
  });

  it.each(['/v1/runs/%ff', '/v1/runs/..%2f..%2fetc', '/v1/runs/run_x', '//v1/runs', '/v1/runs/', '/V1/RUNS'])(
    'to %s is told that there is nothing, or that it cannot be read',
    async (path) => {
      place = await openPlace();
      const answer = await place.ask(path);
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it.each([
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'POST /v1/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nhost: x\r\nx: a\r\n b\u0000\r\n\r\n',
  ])('and no HTTP ends its connection: %j', async (text) => {
    place = await openPlace();
    expect(await within(5000, rawTo(place.server.port, text).closed)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('who asks', () => {
  it.each([
    ['', 401],
    ['Bearer', 401],
    ['Bearer ', 401],
    ['Bearer a b', 401],
    ['Basic YTpi', 401],
    [`Bearer ${'a'.repeat(10_000)}`, 401],
    [`Bearer ${makeToken().text}`, 401],
  ])('with "%s" is not known', async (authorization, status) => {
    place = await openPlace();
    const answer = await place.ask('/v1/policy', { as: null, headers: { authorization } });
    expect(answer.status).toBe(status);
  });

  it('is known by nothing but the header: no cookie, and no query', async () => {
    place = await openPlace();
    const token = place.tokens.operator;
    const cookie = await place.ask('/v1/policy', { as: null, headers: { cookie: `token=${token}` } });
    const query = await place.ask(`/v1/policy?access_token=${token}`, { as: null });
    expect([cookie.status, query.status]).toEqual([401, 401]);
  });

  it('is known no more once the token was revoked', async () => {
    place = await openPlace();
    const list = await place.ask('/v1/tokens');
    const { tokens } = (await list.json()) as { tokens: { id: string; name: string }[] };
    const { id } = tokens.find(({ name }) => name === 'viewer') ?? { id: '' };
    expect((await place.ask('/v1/policy', { as: 'viewer' })).status).toBe(200);
    expect((await place.ask(`/v1/tokens/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await place.ask('/v1/policy', { as: 'viewer' })).status).toBe(401);
  });
});

describe('what is never told', () => {
  it('is a secret, though the request holds it', async () => {
    place = await openPlace();
    const key = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
    const bad = await place.ask('/v1/runs', {
      as: 'owner',
      json: { ...ENVELOPE, [key]: 1, [SECRET]: 2, shell: key },
    });
    const text = await bad.text();
    expect(bad.status).toBe(400);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(key);
    const path = await place.ask(`/v1/runs/${await place.submit()}/diff?path=${key}`);
    expect(await path.text()).not.toContain(key);
    expect(place.lines.join('')).not.toContain(key);
    expect(place.lines.join('')).not.toContain(place.tokens.owner);
  });

  it('is what went wrong inside: that is in the log alone, under the name that the answer gives', async () => {
    place = await openPlace();
    place.service.policy = async () => {
      throw new TypeError(`cannot read /srv/secret/file with ${SECRET}`);
    };
    const answer = await place.ask('/v1/policy');
    const { instance, ...rest } = (await answer.json()) as { instance: string };
    expect(answer.status).toBe(500);
    expect(rest).toEqual({
      type: 'https://drylane.dev/problems/internal',
      title: 'something went wrong inside drylane',
      ...{ status: 500, problems: [] },
    });
    const line = place.lines.find((one) => one.includes('a request failed')) ?? '';
    expect(line).toContain(instance.replace('urn:drylane:request:', ''));
    expect(line).toContain('/srv/secret/file');
    expect(line).not.toContain(SECRET);
  });

  it('is anything for a cache or a frame to keep', async () => {
    place = await openPlace();
    const { headers } = await place.ask('/v1/policy');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
