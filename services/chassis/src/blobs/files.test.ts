import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@drylane/proto/digest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Blobs } from './blobs.ts';
import { fileBlobs } from './files.ts';
import { inParts } from './parts.fixture.ts';

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

function onlyFile(): string {
  const [file, ...others] = filesBelow(directory);
  expect(others).toEqual([]);
  return file ?? '';
}

describe('blobs in files', () => {
  it.each([
    ['put', (bytes: Uint8Array) => blobs.put(bytes)],
    ['putStream', (bytes: Uint8Array) => blobs.putStream(inParts(bytes, [3]))],
  ])('stand under two characters of their sha256, for their owner alone, after %s', async (_, put) => {
    await put(text('evidence'));
    const hex = digestOf('evidence').slice('sha256:'.length);
    const file = join(directory, 'state/blobs', hex.slice(0, 2), hex.slice(2));
    expect(onlyFile()).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const folder of ['state', 'state/blobs', `state/blobs/${hex.slice(0, 2)}`])
      expect(statSync(join(directory, folder)).mode & 0o777, folder).toBe(0o700);
  });

  it('leave no file of another name when their source breaks off', async () => {
    const broken = async function* () {
      yield text('a part');
      throw new Error('the source broke');
    };
    await expect(blobs.putStream(broken())).rejects.toThrow('the source broke');
    expect(filesBelow(directory)).toEqual([]);
  });

  it('are kept again where their directory was taken away', async () => {
    await blobs.put(text('x'));
    rmSync(join(directory, 'state'), { recursive: true });
    await Promise.all([blobs.put(text('x')), blobs.put(text('x'))]);
    expect(await blobs.get(digestOf('x'))).toEqual(Buffer.from('x'));
    expect(filesBelow(directory)).toHaveLength(1);
  });

  it('keep an error of the disk an error', async () => {
    writeFileSync(join(directory, 'state'), 'a file in the way');
    await expect(blobs.put(text('x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(blobs.get(digestOf('x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('are read by who stops half-way without leaving a file open', async () => {
    const { digest } = await blobs.putStream(inParts(Buffer.alloc(2_000_000), []));
    const before = readdirSync('/proc/self/fd').length;
    for await (const part of blobs.open(digest)) if (part.length > 0) break;
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
