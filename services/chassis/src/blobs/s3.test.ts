import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { digestOf } from '@drylane/proto/digest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Blobs } from './blobs.ts';
import type { S3Settings } from './bucket.ts';
import { type Cutter, startCutter } from './cutter.fixture.ts';
import { inParts, joined } from './parts.fixture.ts';
import { placeOf } from './place.ts';
import { s3Blobs } from './s3.ts';
import { type SwiftServer, startSwift } from './swift.fixture.ts';

const MiB = 1024 * 1024;
/** More than one request takes, and than are on their way at once. */
const BIG = Buffer.alloc(33 * MiB, 'a big one ');

let swift: SwiftServer;
let cutter: Cutter;
let settings: S3Settings;
let blobs: Blobs;
let test = 0;

beforeAll(async () => {
  swift = await startSwift();
}, 60_000);
afterAll(() => swift.stop());
beforeEach(async () => {
  cutter = await startCutter(swift.port);
  test += 1;
  settings = {
    ...swift.settings,
    endpoint: `http://127.0.0.1:${cutter.port}`,
    prefix: `some/test-${test}`,
    patienceMs: 20_000,
  };
  blobs = s3Blobs(settings);
});
afterEach(() => cutter.stop());

const keys = () => swift.keys(`${settings.prefix}/`);
const put = (bytes: Buffer) => blobs.putStream(inParts(bytes, [1, 2 * MiB]));
const methods = () => cutter.requests.map((line) => line.replace(/ .*/, ''));

/** Runs what must fail, and answers what is then left: keys, unfinished uploads, and files that were not there before. */
async function leftBy(work: () => Promise<unknown>) {
  const before = swift.filesOnDisk();
  await expect(work()).rejects.toMatchObject({ code: 'unavailable' });
  expect(cutter.broken()).toBeGreaterThan(0);
  cutter.inject(null);
  return {
    keys: await keys(),
    uploads: await swift.uploads(settings.prefix),
    files: swift.filesOnDisk() - before,
  };
}
const NOTHING = { keys: [], uploads: 0, files: 0 };

describe('blobs in a bucket', () => {
  it('stand under the prefix and two characters of their sha256', async () => {
    const digest = await blobs.put(Buffer.from('evidence'));
    expect(await keys()).toEqual([`${settings.prefix}/${placeOf(digest)}`]);
  });

  it('are sent in parts when they are big, and are one object, kept once', async () => {
    const before = swift.filesOnDisk();
    expect(await put(BIG)).toEqual({ digest: digestOf(BIG), size: BIG.length });
    expect(cutter.requests.filter((line) => line.includes('partNumber=')).length).toBe(5);
    expect(await keys()).toEqual([`${settings.prefix}/${placeOf(digestOf(BIG))}`]);
    expect(await swift.uploads(settings.prefix)).toBe(0);
    expect(swift.filesOnDisk() - before).toBe(6);
    expect(Buffer.compare(await blobs.get(digestOf(BIG)), BIG)).toBe(0);
  });

  it('are not sent again when they are there', async () => {
    for (const bytes of [Buffer.from('small'), BIG]) {
      await blobs.put(bytes);
      const sent = cutter.requests.length;
      await blobs.put(bytes);
      await put(bytes);
      expect(methods().slice(sent)).toEqual(['HEAD', 'HEAD']);
    }
  });

  it('lie, while they come, in no file that has a name', async () => {
    const spool = mkdtempSync(join(tmpdir(), 'drylane-spool-'));
    const source = async function* () {
      yield Buffer.alloc(2 * MiB);
      expect(readdirSync(spool)).toEqual([]);
      rmSync(spool, { recursive: true });
    };
    await s3Blobs({ ...settings, spool }).putStream(source());
    expect(existsSync(spool)).toBe(false);
  });

  it('take memory for some parts at a time, whatever their size', async () => {
    const part = Buffer.alloc(MiB, 'x');
    const parts = async function* () {
      for (let n = 0; n < 160; n += 1) yield part;
    };
    // What nobody holds any more is not counted, however long it waits to be collected.
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    collect();
    let most = 0;
    const idle = process.memoryUsage().arrayBuffers;
    const watch = setInterval(() => {
      collect();
      most = Math.max(most, process.memoryUsage().arrayBuffers - idle);
    }, 300);
    const { digest, size } = await blobs.putStream(parts());
    let read = 0;
    for await (const bytes of blobs.open(digest)) read += bytes.length;
    clearInterval(watch);
    expect(read).toBe(size);
    expect(most / MiB).toBeLessThan(120);
  });
});

describe('a store that breaks off', () => {
  it.each([
    ['a put in one request', /^PUT .*\/[0-9a-f]{62}\?x-id=PutObject /, Buffer.alloc(5 * MiB, 'one')],
    ['a part', /^PUT .*partNumber=5&/, BIG],
    ['the first parts', /^PUT .*partNumber=/, BIG],
  ])('in %s leaves nothing of it', async (_, request, bytes) => {
    cutter.inject({ request, of: 'client', after: MiB / 2, by: 'cut' });
    expect(await leftBy(() => put(bytes))).toEqual(NOTHING);
  });

  it('before it is told that all parts are there leaves nothing that a key shows', async () => {
    cutter.inject({ request: /^POST .*uploadId=/, of: 'client', after: 0, by: 'cut' });
    const left = await leftBy(() => put(BIG));
    // It is not known here whether the store heard of it: to end the upload now could take parts of a whole object.
    expect(left).toEqual({ keys: [], uploads: 1, files: 6 });
    await put(BIG);
    expect(Buffer.compare(await blobs.get(digestOf(BIG)), BIG)).toBe(0);
  });

  it('when all is done has a whole object', async () => {
    cutter.inject({ request: /^POST .*uploadId=/, of: 'server', after: 0, by: 'cut' });
    await put(BIG).catch(() => {});
    cutter.inject(null);
    expect(Buffer.compare(await blobs.get(digestOf(BIG)), BIG)).toBe(0);
  });

  it('once is asked again', async () => {
    cutter.inject({ request: /^PUT .*partNumber=2&/, of: 'client', after: MiB, by: 'cut', times: 1 });
    await put(BIG);
    expect(cutter.broken()).toBe(1);
    expect(Buffer.compare(await blobs.get(digestOf(BIG)), BIG)).toBe(0);
  });

  it.each([3 * MiB, BIG.length])(
    'in a download after %d bytes never gives less as the whole',
    async (after) => {
      const { digest } = await put(BIG);
      cutter.inject({ request: /^GET /, of: 'server', after, by: 'cut' });
      await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'unavailable' });
      const parts: Uint8Array[] = [];
      const reading = async () => {
        for await (const part of blobs.open(digest)) parts.push(part);
      };
      await expect(reading()).rejects.toMatchObject({ code: 'unavailable' });
      const got = Buffer.concat(parts);
      expect(got.length).toBeLessThan(BIG.length);
      expect(Buffer.compare(got, BIG.subarray(0, got.length))).toBe(0);
    },
  );
});

describe('a store that falls silent', () => {
  beforeEach(() => {
    blobs = s3Blobs({ ...settings, patienceMs: 700 });
  });

  it.each([
    ['a question', /^HEAD /, 'server', 0],
    ['an upload', /^PUT /, 'client', MiB],
  ] as const)('in %s is not waited for', async (_, request, of, after) => {
    cutter.inject({ request, of, after, by: 'silence' });
    expect(await leftBy(() => put(Buffer.alloc(5 * MiB, 'silence')))).toEqual(NOTHING);
    expect(cutter.requests.filter((line) => request.test(line)).length).toBe(3);
  });

  it('in a download is not waited for, but a slow reader may be slow', async () => {
    const { digest } = await put(Buffer.alloc(8 * MiB, 'slow'));
    let slept = false;
    for await (const part of blobs.open(digest)) {
      if (slept || part.length === 0) continue;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      slept = true;
    }
    cutter.inject({ request: /^GET /, of: 'server', after: MiB, by: 'silence' });
    await expect(joined(blobs.open(digest))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a bucket', () => {
  const every = (store: Blobs): readonly [name: string, use: () => Promise<unknown>][] => [
    ['put', () => store.put(Buffer.from('x'))],
    ['putStream', () => store.putStream(inParts(Buffer.from('x'), []))],
    ['get', () => store.get(digestOf('x'))],
    ['open', () => joined(store.open(digestOf('x')))],
    ['has', () => store.has(digestOf('x'))],
  ];

  it.each([
    ['the wrong secret key', { secretKey: 'not-the-secret' }, 'machine-unfit', 'refuses these keys'],
    ['an access key of nobody', { accessKey: 'test:nobody' }, 'machine-unfit', 'refuses these keys'],
    ['the name of no bucket', { bucket: 'no-such-bucket' }, 'machine-unfit', 'no such bucket'],
    ['another region', { region: 'eu-west-1' }, 'machine-unfit', 'in this region'],
    ['a port where nobody listens', { endpoint: 'http://127.0.0.1:1' }, 'unavailable', 'cannot be reached'],
    ['a host that is not there', { endpoint: 'http://s3.invalid' }, 'unavailable', 'cannot be reached'],
  ])('is, by %s, an error with a mend, from every method', async (_, wrong, code, message) => {
    await blobs.put(Buffer.from('x'));
    for (const [name, use] of every(s3Blobs({ ...settings, ...wrong }))) {
      const error: unknown = await use().catch((reason: unknown) => reason);
      expect(error, name).toMatchObject({ code, problems: [{ message: expect.stringContaining(message) }] });
      expect(JSON.stringify(error), name).not.toContain(settings.secretKey);
    }
  });

  it('is, where TLS is asked of a server that has none, out of reach', async () => {
    const store = s3Blobs({ ...settings, endpoint: settings.endpoint.replace('http', 'https') });
    await expect(store.has(digestOf('x'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
