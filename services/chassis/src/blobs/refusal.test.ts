import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '@drylane/proto/digest';
import { afterEach, describe, expect, it } from 'vitest';
import { joined } from './parts.fixture.ts';
import { s3Blobs } from './s3.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** A store that answers every request in the same way; without a body, with one that begins and never ends. */
async function answering(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | null,
  patienceMs = 5_000,
) {
  server = createServer((_, response) => {
    response.writeHead(status, headers);
    if (body === null) response.write('<');
    else response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return s3Blobs({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    bucket: 'blobs',
    prefix: '',
    forcePathStyle: true,
    accessKey: 'test:tester',
    secretKey: 'not-much-of-a-secret',
    patienceMs,
  });
}

const named = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>x</Message></Error>`;
const XML = { 'content-type': 'application/xml' };

describe('what a store answers', () => {
  it.each([
    [403, 'AccessDenied', 'machine-unfit', 'refuses these keys'],
    [403, 'InvalidAccessKeyId', 'machine-unfit', 'refuses these keys'],
    [403, 'RequestTimeTooSkewed', 'machine-unfit', 'the time here is wrong'],
    [404, 'NoSuchBucket', 'machine-unfit', 'no such bucket'],
    [404, 'NoSuchKey', 'not-found', 'not among the blobs'],
    [301, 'PermanentRedirect', 'machine-unfit', 'in this region'],
    [503, 'SlowDown', 'unavailable', 'cannot serve this now'],
    [500, 'InternalError', 'unavailable', 'cannot serve this now'],
    [400, 'BadDigest', 'unavailable', 'not what was sent'],
    [418, 'Teapot', 'internal', 'answers what was not expected'],
    [418, 'constructor', 'internal', 'answers what was not expected'],
  ])('with %d %s to who reads is %s: %s', async (status, name, code, message) => {
    const blobs = await answering(status, XML, named(name));
    const expected = { code, problems: [{ message: expect.stringContaining(message) }] };
    await expect(blobs.get(digestOf('x'))).rejects.toMatchObject(expected);
    await expect(joined(blobs.open(digestOf('x')))).rejects.toMatchObject(expected);
  });

  it.each([
    [401, 'who are you', 'machine-unfit'],
    [429, 'slow down', 'unavailable'],
    [502, '<html>bad gateway</html>', 'unavailable'],
    [503, '', 'unavailable'],
    [404, 'not here', 'internal'],
    [200, 'other bytes', 'internal'],
    [200, '', 'internal'],
    [204, '', 'internal'],
  ])('with %d %j to who reads is %s', async (status, body, code) => {
    const blobs = await answering(status, {}, body);
    await expect(blobs.get(digestOf('x'))).rejects.toMatchObject({ code });
  });

  it.each([500, 404, 200])('with %d and a body that never ends is not waited for', async (status) => {
    const blobs = await answering(status, XML, null, 500);
    await expect(blobs.get(digestOf('x'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    [403, 'machine-unfit'],
    [301, 'machine-unfit'],
    [400, 'machine-unfit'],
    [404, 'machine-unfit'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [418, 'internal'],
  ])('with %d to who asks whether a blob is there is %s, and never "no"', async (status, code) => {
    const blobs = await answering(status, XML, '');
    await expect(blobs.has(digestOf('x'))).rejects.toMatchObject({ code });
  });

  it('is not believed where it says that a blob of another size is there', async () => {
    const headers = { 'content-length': '7', 'x-amz-meta-sha256': digestOf('x').slice('sha256:'.length) };
    const blobs = await answering(200, headers, '7 bytes');
    const requests: (string | undefined)[] = [];
    server?.on('request', (request) => requests.push(request.method));
    await blobs.put(Buffer.from('x'));
    expect(requests).toEqual(['HEAD', 'PUT']);
  });
});
