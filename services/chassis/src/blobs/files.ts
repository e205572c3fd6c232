import { randomUUID } from 'node:crypto';
import { access, type FileHandle, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Digest, digestOf } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { Blobs } from './blobs.ts';

/**
 * Blobs as files of a directory, `ab/cdef…` by their sha256, for their owner alone. A file appears whole or
 * not at all, whenever the process is killed; what a killed one leaves is a `.new` name that nothing reads.
 */
export function fileBlobs(folder: string): Blobs {
  const directory = resolve(folder);
  const pathOf = (digest: Digest): string => {
    const hex = Digest.parse(digest).slice('sha256:'.length);
    return join(directory, hex.slice(0, 2), hex.slice(2));
  };
  return {
    async put(bytes) {
      const digest = digestOf(bytes);
      const path = pathOf(digest);
      const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      if (!(await isIntact(path, digest))) await writeWhole(path, bytes);
      // Even if it stood there already: whoever wrote it may have been killed before its name was on the disk.
      await syncFolders(dirname(path), made ?? directory);
      return digest;
    },
    async get(digest) {
      const bytes = await readIfThere(pathOf(digest));
      if (bytes === undefined)
        throw new DrylaneError('not-found', {
          field: digest,
          message: 'is not among the blobs that are kept here',
          mend: 'check the digest, and that this is the state directory that the run was made in',
        });
      if (digestOf(bytes) === digest) return bytes;
      throw new DrylaneError('internal', {
        field: digest,
        message: 'the bytes kept under this digest are no longer those bytes',
        mend: 'rehearse again, and check the disk',
      });
    },
    async has(digest) {
      return access(pathOf(digest)).then(
        () => true,
        (error: unknown) => absent(error, false),
      );
    },
  };
}

// A corrupt file is written again: to leave it would make every later get of good bytes fail.
async function isIntact(path: string, digest: Digest): Promise<boolean> {
  const bytes = await readIfThere(path);
  return bytes !== undefined && digestOf(bytes) === digest;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch((error: unknown) => absent(error, undefined));
}

/** The answer for a file that is not there; any other error goes on. */
function absent<T>(error: unknown, answer: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return answer;
  throw error;
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    await withFile(await open(temporary, 'wx', 0o600), async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch((gone: unknown) => absent(gone, undefined));
    throw error;
  }
}

/** A name lasts once the directory that holds it is on the disk: syncs from one up to the one above another. */
async function syncFolders(from: string, highest: string): Promise<void> {
  const end = dirname(highest);
  for (let at = from; at.length >= end.length; at = dirname(at)) {
    await syncFolder(at);
    if (at === dirname(at)) return;
  }
}

async function syncFolder(path: string): Promise<void> {
  await withFile(await open(path, 'r'), (folder) => folder.sync());
}

async function withFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
