import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Ask } from './bucket.ts';
import { isRefused } from './refusal.ts';
import type { Contents } from './spool.ts';

/** Bytes of one request. A store takes no parts under 5 MiB, but for the last. */
const PART_BYTES = 8 * 1024 * 1024;
/** How many parts are on their way, and in memory, at once. */
const AT_ONCE = 4;
/** How many parts a store takes at most. */
const MOST_PARTS = 10_000;

/** Where an object goes, and what is noted with it. */
export interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly Metadata: Record<string, string>;
}

/** The parts in which so many bytes are sent, as `[from, length]`. */
export function partsOf(size: number): readonly (readonly [from: number, length: number])[] {
  const length = Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS));
  const count = Math.max(1, Math.ceil(size / length));
  return Array.from({ length: count }, (_, n) => [n * length, Math.min(length, size - n * length)] as const);
}

/** Sends an object, which then stands there whole, or not at all. */
export async function upload(ask: Ask, target: Target, contents: Contents): Promise<void> {
  const parts = partsOf(contents.size);
  const [first, ...others] = parts;
  if (first === undefined || others.length > 0) return uploadParts(ask, target, contents, parts);
  const Body = await contents.read(...first);
  await ask((s3, limit) => s3.send(new PutObjectCommand({ ...target, Body }), limit));
}

async function uploadParts(
  ask: Ask,
  target: Target,
  contents: Contents,
  parts: ReturnType<typeof partsOf>,
): Promise<void> {
  const { Bucket, Key } = target;
  const { UploadId } = await ask((s3, limit) => s3.send(new CreateMultipartUploadCommand(target), limit));
  const upload = { Bucket, Key, UploadId };
  const abort = async (): Promise<void> => {
    // The error that led here says more than that the store takes no abort either.
    await ask((s3, limit) => s3.send(new AbortMultipartUploadCommand(upload), limit)).catch(() => {});
  };
  const Parts = await sendParts(ask, upload, contents, parts).catch(async (error: unknown) => {
    await abort();
    throw error;
  });
  const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
  await ask((s3, limit) => s3.send(complete, limit)).catch(async (error: unknown) => {
    // Without an answer the object may stand there already, and a store may take an abort for the end of its parts.
    if (isRefused(error)) await abort();
    throw error;
  });
}

/** Sends parts, some at once; when it throws, none is on its way any more, so that an abort catches all. */
async function sendParts(
  ask: Ask,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  contents: Contents,
  parts: ReturnType<typeof partsOf>,
): Promise<{ PartNumber: number; ETag: string | undefined }[]> {
  const sent: { PartNumber: number; ETag: string | undefined }[] = [];
  const send = async ([from, length]: readonly [number, number], PartNumber: number) => {
    const Body = await contents.read(from, length);
    const { ETag } = await ask((s3, limit) =>
      s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }), limit),
    );
    return { PartNumber, ETag };
  };
  for (let at = 0; at < parts.length; at += AT_ONCE) {
    const group = parts.slice(at, at + AT_ONCE).map((part, n) => send(part, at + n + 1));
    const ends = await Promise.allSettled(group);
    for (const end of ends) {
      if (end.status === 'rejected') throw end.reason;
      sent.push(end.value);
    }
  }
  return sent;
}
