import { createHash, randomUUID } from 'node:crypto';
import { access, type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Digest, digestOf } from '@drylane/proto/digest';
import type { Blobs } from './blobs.ts';
import { MODES, makeBelow, openFolder, type Sharing } from './folder.ts';
import { gather } from './gather.ts';
import { changed, notFound, placeOf } from './place.ts';

/** Bytes in one read of a file. */
const READ_BYTES = 256 * 1024;

/**
 * Blobs as files of a directory, `ab/cdef…` by their sha256, for their owner alone, or for the group too where a
 * directory that is there already lets its group write. A file appears whole or
 * not at all, whenever the process is killed; what a killed one leaves is a `.new` name that nothing reads.
 */
export function fileBlobs(folder: string): Blobs {
  const directory = resolve(folder);
  const pathOf = (digest: Digest): string => join(directory, placeOf(digest));
  // Folders that this process has brought to the disk, with those above: 256 of them at most. Where one was taken away since,
  // the next write into it fails, and makes it again.
  const lasting = new Map<string, Sharing>();

  /** Makes the folder of a file; then `keepName` lets the file's name last. */
  async function openFor(path: string) {
    const own = dirname(path);
    const known = lasting.get(own);
    if (known !== undefined) return { sharing: known, keepName: () => syncFolder(own) };
    const { made, sharing } = await openFolder(directory);
    await makeBelow(own, sharing);
    const keepName = async (): Promise<void> => {
      await syncFolders(own, made ?? directory);
      lasting.set(own, sharing);
    };
    return { sharing, keepName };
  }

  /** Over what may stand there: it is the same bytes, or was harmed. To look costs more than most of them do. */
  async function keep(path: string, bytes: Uint8Array): Promise<void> {
    const { sharing, keepName } = await openFor(path);
    await writeWhole(path, bytes, sharing);
    await keepName();
  }

  return {
    async put(bytes) {
      const digest = digestOf(bytes);
      const path = pathOf(digest);
      const wasLasting = lasting.has(dirname(path));
      try {
        await keep(path, bytes);
      } catch (error) {
        if (!wasLasting) throw error;
        absent(error, undefined);
        lasting.delete(dirname(path));
        await keep(path, bytes);
      }
      return digest;
    },
    async putStream(source) {
      const { made, sharing } = await openFolder(directory);
      return writeNew(join(directory, randomUUID()), sharing, async (file, temporary) => {
        const { digest, size } = await gather(source, file);
        const path = pathOf(digest);
        await makeBelow(dirname(path), sharing);
        await file.sync();
        // Over what may stand there: it is the same bytes, or was harmed.
        await rename(temporary, path);
        await syncFolders(dirname(path), made ?? directory);
        return { digest, size };
      });
    },
    async get(digest) {
      const bytes = await readIfThere(pathOf(digest));
      if (bytes === undefined) throw notFound(digest);
      if (digestOf(bytes) === digest) return bytes;
      throw changed(digest);
    },
    async *open(digest) {
      const file = await open(pathOf(digest), 'r').catch((error: unknown) => absent(error, undefined));
      if (file === undefined) throw notFound(digest);
      try {
        yield* readAll(file, digest);
      } finally {
        await file.close();
      }
    },
    async has(digest) {
      return access(pathOf(digest)).then(
        () => true,
        (error: unknown) => absent(error, false),
      );
    },
  };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch((error: unknown) => absent(error, undefined));
}

/** The answer for a file that is not there; any other error goes on. */
function absent<T>(error: unknown, answer: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return answer;
  throw error;
}

async function writeWhole(path: string, bytes: Uint8Array, sharing: Sharing): Promise<void> {
  await writeNew(path, sharing, async (file, temporary) => {
    await file.writeFile(bytes);
    await file.sync();
    await rename(temporary, path);
  });
}

/** Makes a file beside `path` under a name that nothing reads; it is gone when `write` throws. */
async function writeNew<T>(
  path: string,
  sharing: Sharing,
  write: (file: FileHandle, temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    return await withFile(await open(temporary, 'wx', MODES[sharing].file), (file) => write(file, temporary));
  } catch (error) {
    await unlink(temporary).catch((gone: unknown) => absent(gone, undefined));
    throw error;
  }
}

async function* readAll(file: FileHandle, digest: Digest): AsyncGenerator<Uint8Array, void, void> {
  const sum = createHash('sha256');
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
    if (bytesRead === 0) break;
    const part = buffer.subarray(0, bytesRead);
    sum.update(part);
    yield part;
  }
  if (`sha256:${sum.digest('hex')}` !== digest) throw changed(digest);
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

async function withFile<T>(file: FileHandle, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
