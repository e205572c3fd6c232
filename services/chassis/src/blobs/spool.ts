import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type { StoredBytes } from './blobs.ts';
import { gather } from './gather.ts';

/** Bytes whose digest and size are known, of which any part can be read. */
export interface Contents extends StoredBytes {
  /** As many bytes from a place as are asked for; all of them have to be there. */
  read(from: number, length: number): Promise<Uint8Array>;
}

/**
 * Lets `use` have what a stream brings, which lies meanwhile in a file of `directory` that has no name: nothing stays
 * behind, however the process ends.
 */
export async function spooled<T>(
  source: AsyncIterable<Uint8Array>,
  directory: string,
  use: (contents: Contents) => Promise<T>,
): Promise<T> {
  const file = await nameless(directory);
  try {
    const stored = await gather(source, file);
    return await use({ ...stored, read: (from, length) => readExactly(file, from, length) });
  } finally {
    await file.close();
  }
}

async function nameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `drylane-blob-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readExactly(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, from + at).catch(unreadable);
    if (bytesRead === 0) unreadable(new Error('the file is shorter than what was written to it'));
    at += bytesRead;
  }
  return bytes;
}

// Not the disk's own error: it looks like one of the network, and the store would be blamed.
function unreadable(cause: unknown): never {
  const problem = {
    field: 'temporary files',
    message: 'a blob that was put aside cannot be read again',
    mend: 'check the disk that holds temporary files',
  };
  throw new DrylaneError('internal', problem, { cause });
}
