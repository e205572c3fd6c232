import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadImages } from './images.ts';

const docker = new Docker();
const TAG = `drylane-test/carried-${process.pid}:latest`;
const SOURCE = `sha256:${'a'.repeat(64)}`;

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-carried-'));
  // An archive of no files: two blocks of nothing.
  const changes = [`LABEL dev.drylane.source=${SOURCE}`];
  const made = await docker.importImage(Readable.from([Buffer.alloc(1024)]), {
    repo: TAG.split(':')[0],
    tag: 'latest',
    changes,
  });
  await new Promise((done) => made.resume().once('end', done));
  const archive = await docker.getImage(TAG).get();
  await pipeline(archive, createGzip(), createWriteStream(join(scratch, 'x.tar.gz')));
});
afterEach(async () => {
  await docker
    .getImage(TAG)
    .remove()
    .catch(() => undefined);
  await rm(scratch, { recursive: true });
});

const manifest = (of: unknown) => writeFile(join(scratch, 'images.json'), JSON.stringify(of));

describe('the images that a worker brings', () => {
  it('are loaded into its engine once', async () => {
    await manifest({ [TAG]: { archive: 'x.tar.gz', source: SOURCE } });
    await docker.getImage(TAG).remove();
    expect(await loadImages(docker, scratch)).toEqual([TAG]);
    expect(await loadImages(docker, scratch)).toEqual([]);
  });

  it('are an error where an archive holds something else, or nothing', async () => {
    await manifest({ [TAG]: { archive: 'x.tar.gz', source: `sha256:${'b'.repeat(64)}` } });
    await expect(loadImages(docker, scratch)).rejects.toThrow(`does not hold ${TAG}`);
    await writeFile(join(scratch, 'x.tar.gz'), 'no archive');
    await expect(loadImages(docker, scratch)).rejects.toThrow('could not load it');
  });

  it('have archives beside their manifest, and nowhere else', async () => {
    await manifest({ [TAG]: { archive: '../x.tar.gz', source: SOURCE } });
    await expect(loadImages(docker, scratch)).rejects.toThrow('archive');
  });
});
