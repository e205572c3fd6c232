import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DrylaneError } from '@drylane/proto/errors';
import type { TreeLimits } from './limits.ts';
import { refused } from './refuse.ts';

/** How a gzip member begins (RFC 1952, 2.3.1). */
const GZIP = [0x1f, 0x8b] as const;
/** Small tars of little but zeros compress beyond any ratio; below so many bytes none is asked for. */
const FREE_BYTES = 2 ** 20;

/**
 * The bytes of a tar that may be compressed with gzip, which its first bytes tell.
 * @throws DrylaneError `bad-input` for more than the limits allow, before they are taken up, and for what is no gzip.
 */
export async function* tarBytes(
  source: AsyncIterable<Uint8Array>,
  limits: Pick<TreeLimits, 'bytes' | 'ratio'>,
): AsyncGenerator<Uint8Array, void, void> {
  const came = { bytes: 0 };
  const { compressed, bytes } = await lookAhead(source, came);
  let given = 0;
  for await (const chunk of compressed ? inflated(bytes) : bytes) {
    given += chunk.length;
    if (given > limits.bytes) throw tooMany(limits.bytes);
    if (compressed && given > limits.ratio * came.bytes + FREE_BYTES) throw tooDense(limits.ratio);
    yield chunk;
  }
}

/** Counts what comes, and tells from its beginning whether it is compressed. */
async function lookAhead(
  source: AsyncIterable<Uint8Array>,
  came: { bytes: number },
): Promise<{ readonly compressed: boolean; readonly bytes: AsyncIterable<Uint8Array> }> {
  const chunks = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  while (came.bytes < GZIP.length) {
    const next = await chunks.next();
    if (next.done) break;
    head.push(next.value);
    came.bytes += next.value.length;
  }
  const start = Buffer.concat(head);
  async function* all(): AsyncGenerator<Uint8Array, void, void> {
    try {
      if (start.length > 0) yield start;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        came.bytes += next.value.length;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
  return { compressed: GZIP.every((byte, index) => start[index] === byte), bytes: all() };
}

async function* inflated(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip();
  const fed = pipeline(Readable.from(bytes), gunzip).catch(() => undefined);
  try {
    for await (const chunk of gunzip) if (chunk instanceof Uint8Array) yield chunk;
  } catch (cause) {
    if (cause instanceof DrylaneError) throw cause;
    throw refused('snapshot', 'is not whole as gzip', 'pack it again: drylane does it by itself', cause);
  } finally {
    gunzip.destroy();
    await fed;
  }
}

const tooMany = (limit: number): DrylaneError =>
  refused('snapshot', `holds more than ${limit} bytes`, 'exclude what the command does not need');

const tooDense = (ratio: number): DrylaneError =>
  refused('snapshot', `becomes more than ${ratio} times its size`, 'send it without compression');
