import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileBlobs } from './files.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'drylane-shared-')), 'blobs');
  mkdirSync(directory);
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text);
const modes = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => [
      name.length === 2 ? 'folder' : 'file',
      (statSync(join(directory, name)).mode & 0o7777).toString(8),
    ]),
  );

describe('a directory of blobs', () => {
  it.each([
    [0o2770, { folder: '2770', file: '640' }],
    [0o750, { folder: '700', file: '600' }],
    [0o700, { folder: '700', file: '600' }],
  ])('of mode %o is its owner’s alone unless its group may write', async (mode, expected) => {
    chmodSync(directory, mode);
    await fileBlobs(directory).put(bytes('x'));
    expect(modes()).toEqual(expected);
    await fileBlobs(directory).putStream(
      (async function* () {
        yield bytes('y');
      })(),
    );
    expect(modes()).toEqual(expected);
  });

  it('is filled by many at once, and nothing is left over', async () => {
    chmodSync(directory, 0o2770);
    const texts = Array.from({ length: 300 }, (_, i) => `blob ${i}`);
    const digests = await Promise.all(texts.map((text) => fileBlobs(directory).put(bytes(text))));
    for (const [i, digest] of digests.entries())
      expect(Buffer.from(await fileBlobs(directory).get(digest)).toString()).toBe(texts[i]);
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.includes('.new'))).toEqual([]);
  });
});
