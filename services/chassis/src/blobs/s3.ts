import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { type Digest, digestOf } from '@drylane/proto/digest';
import type { Blobs } from './blobs.ts';
import { askFor, bodyOf, hasBucket, headOf, type S3Settings } from './bucket.ts';
import { changed, notFound, placeOf } from './place.ts';
import { isUnknownUpload, noBucket, refusalOf } from './refusal.ts';
import { type Contents, spooled } from './spool.ts';
import { upload } from './upload.ts';

/**
 * Blobs as objects of a bucket, `prefix/ab/cdef…` by their sha256. What stands there is not sent again. A writer that is
 * killed may leave parts of an upload, which no key shows: the bucket should have a rule that ends old uploads.
 * @throws DrylaneError, from every method, `unavailable`, or `machine-unfit` when keys, bucket or region are wrong.
 */
export function s3Blobs(settings: S3Settings): Blobs {
  const ask = askFor(settings);
  const { bucket, prefix, patienceMs } = settings;
  const refuse = (error: unknown): never => {
    throw refusalOf(error, settings);
  };
  const placed = (digest: Digest) => {
    const place = placeOf(digest);
    return { Bucket: bucket, Key: prefix === '' ? place : `${prefix}/${place}` };
  };

  async function keep(contents: Contents): Promise<void> {
    // Whoever writes other bytes over an object takes the note away, too, and the next put mends it.
    const note = contents.digest.slice('sha256:'.length);
    const target = { ...placed(contents.digest), Metadata: { sha256: note } };
    const stands = async (): Promise<boolean> => {
      const head = await headOf(ask, target);
      return head?.ContentLength === contents.size && head.Metadata?.sha256 === note;
    };
    if (await stands()) return;
    await upload(ask, target, contents).catch(async (error: unknown) => {
      // A store whose "it is done" got lost is asked to do it again, and knows of no such upload any more.
      if (!isUnknownUpload(error) || !(await stands())) throw error;
    });
  }

  async function* open(digest: Digest): AsyncGenerator<Uint8Array, void, void> {
    const place = placed(digest);
    const sum = createHash('sha256');
    const body = await bodyOf(ask, place, patienceMs).catch(refuse);
    if (body === null) throw notFound(digest);
    try {
      for await (const part of body) {
        sum.update(part);
        yield part;
      }
    } catch (error) {
      refuse(error);
    }
    if (`sha256:${sum.digest('hex')}` !== digest) throw changed(digest);
  }

  return {
    async put(bytes) {
      const digest = digestOf(bytes);
      const read = async (from: number, length: number) => bytes.subarray(from, from + length);
      await keep({ digest, size: bytes.length, read }).catch(refuse);
      return digest;
    },
    putStream: (source) =>
      spooled(source, settings.spool ?? tmpdir(), async (contents) => {
        await keep(contents).catch(refuse);
        return { digest: contents.digest, size: contents.size };
      }),
    async get(digest) {
      const parts: Uint8Array[] = [];
      for await (const part of open(digest)) parts.push(part);
      return Buffer.concat(parts);
    },
    open,
    async has(digest) {
      const head = await headOf(ask, placed(digest)).catch(refuse);
      if (head !== undefined) return true;
      // A HEAD of an object says the same where there is no bucket.
      if (await hasBucket(ask, bucket).catch(refuse)) return false;
      throw noBucket(settings);
    },
  };
}
