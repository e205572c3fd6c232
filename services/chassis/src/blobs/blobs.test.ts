import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { digestOf } from '@drylane/proto/digest';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Blobs } from './blobs.ts';
import { openBlobs } from './open.ts';
import { inParts, joined } from './parts.fixture.ts';
import { placeOf } from './place.ts';
import { STORES, type StoreMaker, type TestStore } from './stores.fixture.ts';

const text = (value: string): Uint8Array => Buffer.from(value);

describe.each(Object.entries(STORES))('blobs in %s', (_, start) => {
  let maker: StoreMaker;
  let store: TestStore;
  let blobs: Blobs;

  beforeAll(async () => {
    maker = await start();
  }, 60_000);
  afterAll(() => maker.stop());
  beforeEach(() => {
    store = maker.make();
    blobs = openBlobs(store.settings);
  });

  it('give back what was put, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), async (bytes) => {
        const digest = await blobs.put(bytes);
        expect(digest).toBe(digestOf(bytes));
        expect(await blobs.has(digest)).toBe(true);
        expect(Buffer.compare(await blobs.get(digest), bytes)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('are, part by part, what the same bytes are when they are put whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3_000_000).chain((size) => fc.constant(Buffer.alloc(size, `${size}-`))),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (bytes, cuts) => {
          const stored = await blobs.putStream(inParts(bytes, cuts));
          expect(stored).toEqual({ digest: digestOf(bytes), size: bytes.length });
          expect(Buffer.compare(await blobs.get(stored.digest), bytes)).toBe(0);
          expect(Buffer.compare(await joined(blobs.open(stored.digest)), bytes)).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are kept once, by their digest, however often and however many at once they are put', async () => {
    const bytes = text('same');
    await Promise.all(Array.from({ length: 10 }, () => blobs.put(bytes)));
    await Promise.all(Array.from({ length: 5 }, () => blobs.putStream(inParts(bytes, [3]))));
    await blobs.put(bytes);
    expect(Buffer.from(await blobs.get(digestOf('same'))).toString()).toBe('same');
    expect(await store.places()).toEqual([placeOf(digestOf('same'))]);
  });

  it('that are not there are not found', async () => {
    const digest = digestOf('never put');
    expect(await blobs.has(digest)).toBe(false);
    const problems = [{ field: digest, message: expect.stringContaining('not among the blobs') }];
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'not-found', problems });
    await expect(joined(blobs.open(digest))).rejects.toMatchObject({ code: 'not-found', problems });
  });

  it('that became others are refused at their end, and mended by putting them again', async () => {
    const bytes = text('evidence');
    const { digest } = await blobs.putStream(inParts(bytes, []));
    for (const harm of ['evidencf', 'evidence and more', 'evid', ''])
      for (const mend of [() => blobs.put(bytes), () => blobs.putStream(inParts(bytes, [4]))]) {
        await store.harm(digest, text(harm));
        const problems = [{ field: digest, message: expect.stringContaining('no longer those bytes') }];
        await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'internal', problems });
        await expect(joined(blobs.open(digest))).rejects.toMatchObject({ code: 'internal', problems });
        await mend();
        expect(Buffer.from(await blobs.get(digest)).toString()).toBe('evidence');
      }
  });

  it('leave nothing when their source breaks off', async () => {
    await blobs.put(text('another'));
    const broken = async function* () {
      yield Buffer.alloc(2_000_000);
      throw new Error('the source broke');
    };
    await expect(blobs.putStream(broken())).rejects.toThrow('the source broke');
    expect(await store.places()).toEqual([placeOf(digestOf('another'))]);
  });

  it('are never looked for by a name that is not a digest', async () => {
    for (const name of ['', 'sha256:../../etc/passwd', `sha256:${'A'.repeat(64)}`, '../x', 'a'.repeat(64)]) {
      await expect(blobs.get(name)).rejects.toThrow();
      await expect(joined(blobs.open(name))).rejects.toThrow();
      await expect(blobs.has(name)).rejects.toThrow();
    }
  });

  it.each(['put', 'putStream'])('are whole or absent when their writer is killed in %s', async (method) => {
    const script = `
      import { openBlobs } from ${JSON.stringify(join(import.meta.dirname, 'open.ts'))};
      const blobs = openBlobs(JSON.parse(process.argv[1]));
      const parts = async function* (bytes) { for (let at = 0; at < 200_000; at += 10_000) yield bytes.subarray(at, at + 10_000); };
      const write = { put: (bytes) => blobs.put(bytes), putStream: async (bytes) => (await blobs.putStream(parts(bytes))).digest };
      for (let i = 0; ; i++) console.log(await write[process.argv[2]](Buffer.alloc(200_000, String(i))));`;
    const child = spawn(
      process.execPath,
      ['--input-type=module-typescript', '-e', script, JSON.stringify(store.settings), method],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.length > 500) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const digests = said.split('\n').slice(0, -1);
    expect(digests.length).toBeGreaterThan(3);
    const places = await store.places();
    expect(places).toEqual(expect.arrayContaining(digests.map(placeOf)));
    for (const place of places)
      expect((await blobs.get(`sha256:${place.replace('/', '')}`)).length).toBe(200_000);
  });
});
