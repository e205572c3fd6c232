import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { StoredBytes } from './blobs.ts';

/** Bytes in one write of a stream. */
const WRITE_BYTES = 1024 * 1024;

/** Writes all parts to a file, small ones together, and hashes them. */
export async function gather(source: AsyncIterable<Uint8Array>, file: FileHandle): Promise<StoredBytes> {
  const sum = createHash('sha256');
  const buffer = Buffer.allocUnsafe(WRITE_BYTES);
  let [size, filled] = [0, 0];
  const flush = async (): Promise<void> => {
    const bytes = buffer.subarray(0, filled);
    sum.update(bytes);
    await file.appendFile(bytes);
    filled = 0;
  };
  for await (const part of source) {
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + WRITE_BYTES - filled);
      buffer.set(taken, filled);
      at += taken.length;
      filled += taken.length;
      if (filled === WRITE_BYTES) await flush();
    }
    size += part.length;
  }
  await flush();
  return { digest: `sha256:${sum.digest('hex')}`, size };
}
