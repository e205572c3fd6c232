import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@drylane/proto/digest';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Blobs } from './blobs.ts';
import { fileBlobs } from './files.ts';

let directory: string;
let blobs: Blobs;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-blobs-'));
  blobs = fileBlobs(join(directory, 'state/blobs'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const text = (value: string): Uint8Array => Buffer.from(value);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function* inParts(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array, void, void> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const part = new Uint8Array(bytes.length);
  let at = 0;
  for (const end of ends) {
    part.set(bytes.subarray(at, end));
    yield part.subarray(0, end - at);
    // Whoever makes a stream may use the memory of a part again for the next.
    part.fill(0x2a);
    at = end;
  }
}

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

function onlyFile(): string {
  const [file, ...others] = filesBelow(directory);
  expect(others).toEqual([]);
  return file ?? '';
}

describe('blobs in files', () => {
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

  it('stand under two characters of their sha256, for their owner alone', async () => {
    const hex = (await blobs.put(text('evidence'))).slice('sha256:'.length);
    const file = join(directory, 'state/blobs', hex.slice(0, 2), hex.slice(2));
    expect(onlyFile()).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const folder of ['state', 'state/blobs', `state/blobs/${hex.slice(0, 2)}`])
      expect(statSync(join(directory, folder)).mode & 0o777, folder).toBe(0o700);
  });

  it('are kept once, however often and however many at once they are put', async () => {
    await Promise.all(Array.from({ length: 20 }, () => blobs.put(text('same'))));
    await blobs.put(text('same'));
    expect(Buffer.from(await blobs.get(digestOf('same'))).toString()).toBe('same');
    onlyFile();
  });

  it('that are not there are not found', async () => {
    const digest = digestOf('never put');
    expect(await blobs.has(digest)).toBe(false);
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('that changed on the disk are refused, and mended by putting them again', async () => {
    const digest = await blobs.put(text('evidence'));
    for (const harm of [() => writeFileSync(onlyFile(), 'evidencf'), () => truncateSync(onlyFile())]) {
      harm();
      await expect(blobs.get(digest)).rejects.toMatchObject({
        code: 'internal',
        problems: [{ field: digest, message: expect.stringContaining('no longer those bytes') }],
      });
      await blobs.put(text('evidence'));
      expect(Buffer.from(await blobs.get(digest)).toString()).toBe('evidence');
    }
  });

  it('are never looked for by a name that is not a digest', async () => {
    for (const name of ['', 'sha256:../../etc/passwd', `sha256:${'A'.repeat(64)}`, '../x', 'a'.repeat(64)]) {
      await expect(blobs.get(name)).rejects.toThrow();
      await expect(blobs.has(name)).rejects.toThrow();
    }
  });

  it('keep an error of the disk an error', async () => {
    writeFileSync(join(directory, 'state'), 'a file in the way');
    await expect(blobs.put(text('x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(blobs.get(digestOf('x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('blobs in files, part by part', () => {
  it('are what the same bytes are when they are put whole', async () => {
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

  it('stand in the same place, for their owner alone, once', async () => {
    const bytes = text('evidence');
    await Promise.all(Array.from({ length: 5 }, () => blobs.putStream(inParts(bytes, [3]))));
    await blobs.put(bytes);
    const hex = digestOf(bytes).slice('sha256:'.length);
    expect(onlyFile()).toBe(join(directory, 'state/blobs', hex.slice(0, 2), hex.slice(2)));
    expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
  });

  it('leave nothing when their source breaks off', async () => {
    const broken = async function* () {
      yield text('a part');
      throw new Error('the source broke');
    };
    await expect(blobs.putStream(broken())).rejects.toThrow('the source broke');
    expect(filesBelow(directory)).toEqual([]);
  });

  it('that are not there are not found', async () => {
    await expect(joined(blobs.open(digestOf('never put')))).rejects.toMatchObject({ code: 'not-found' });
    await expect(joined(blobs.open('sha256:../../etc/passwd'))).rejects.toThrow();
  });

  it('that changed on the disk are refused at their end, and mended by putting them again', async () => {
    const bytes = text('evidence');
    const { digest } = await blobs.putStream(inParts(bytes, []));
    for (const harm of [() => writeFileSync(onlyFile(), 'evidencf'), () => truncateSync(onlyFile())]) {
      harm();
      await expect(joined(blobs.open(digest))).rejects.toMatchObject({ code: 'internal' });
      await blobs.putStream(inParts(bytes, []));
      expect(await joined(blobs.open(digest))).toEqual(Buffer.from(bytes));
    }
  });

  it('are read by who stops half-way without leaving a file open', async () => {
    const { digest } = await blobs.putStream(inParts(Buffer.alloc(2_000_000), []));
    const before = readdirSync('/proc/self/fd').length;
    for await (const part of blobs.open(digest)) if (part.length > 0) break;
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe.each(['put', 'putStream'])('a writer that is killed in %s', (method) => {
  it('leaves every blob whole or absent', async () => {
    const child = spawn(
      process.execPath,
      [
        '--input-type=module-typescript',
        '-e',
        `import { fileBlobs } from ${JSON.stringify(join(import.meta.dirname, 'files.ts'))};
         const blobs = fileBlobs(process.argv[1]);
         const parts = async function* (bytes) { for (let at = 0; at < 200_000; at += 10_000) yield bytes.subarray(at, at + 10_000); };
         const write = { put: (bytes) => blobs.put(bytes), putStream: async (bytes) => (await blobs.putStream(parts(bytes))).digest };
         for (let i = 0; ; i++) console.log(await write[process.argv[2]](Buffer.alloc(200_000, String(i))));`,
        join(directory, 'state/blobs'),
        method,
      ],
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
    for (const digest of digests) expect((await blobs.get(digest)).length).toBe(200_000);
    for (const file of filesBelow(directory).filter((f) => !f.endsWith('.new')))
      expect(statSync(file).size).toBe(200_000);
  });
});
