import { Readable } from 'node:stream';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { isAbsent } from './refusal.ts';

const CONNECT_MS = 5_000;
const PATIENCE_MS = 60_000;
const ATTEMPTS = 3;

/** Which bucket, and how it is reached. */
export interface S3Settings {
  /** The store's address, such as https://s3.eu-central-1.amazonaws.com; it says whether there is TLS. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** What all keys begin with, without a slash at its end; empty for none. */
  readonly prefix: string;
  /** Whether the bucket's name stands in the path, and not in the host's name. */
  readonly forcePathStyle: boolean;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Where streams lie until their digest is known; by default where the system wants temporary files. */
  readonly spool?: string;
  /** How long, in milliseconds, one request or a silence of the store may take; a minute by default. */
  readonly patienceMs?: number;
}

/** An object's place. */
export interface ObjectPlace {
  readonly Bucket: string;
  readonly Key: string;
}

/** Asks the store something, and waits no longer than all attempts may take. */
export type Ask = <T>(
  question: (client: S3Client, limit: { readonly abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

/** How the store is asked: nobody but it, and not for ever. */
export function askFor(settings: S3Settings): Ask {
  const client = clientFor(settings);
  const { patienceMs = PATIENCE_MS } = settings;
  return async (question) => {
    // The client itself gives up when no answer begins, but not when one begins and never ends.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), (ATTEMPTS + 1) * patienceMs);
    try {
      return await question(client, { abortSignal: limit.signal });
    } catch (cause) {
      throw limit.signal.aborted ? tooLate(cause) : cause;
    } finally {
      clearTimeout(timer);
    }
  };
}

function clientFor(settings: S3Settings): S3Client {
  const { endpoint, region, forcePathStyle, accessKey, secretKey, patienceMs = PATIENCE_MS } = settings;
  // What matters is said here: else the client looks for it in the environment and in files of its own.
  return new S3Client({
    endpoint,
    region,
    forcePathStyle,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    // Stores that are not Amazon's do not know the checksums that the client would add.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, patienceMs),
      requestTimeout: patienceMs,
      throwOnRequestTimeout: true,
      // A reader may take its time between two parts of an answer; how long the store may is counted in `bodyOf`.
      socketTimeout: 0,
    },
  });
}

/** What the store says of an object, or undefined where none stands. */
export async function headOf(ask: Ask, { Bucket, Key }: ObjectPlace) {
  return orAbsent(ask((s3, limit) => s3.send(new HeadObjectCommand({ Bucket, Key }), limit)));
}

/** Whether there is such a bucket. */
export async function hasBucket(ask: Ask, Bucket: string): Promise<boolean> {
  return (
    (await orAbsent(ask((s3, limit) => s3.send(new HeadBucketCommand({ Bucket }), limit)))) !== undefined
  );
}

/** An object's bytes as they come, or null where none stands. @throws when the store is silent for too long. */
export async function bodyOf(
  ask: Ask,
  { Bucket, Key }: ObjectPlace,
  patienceMs = PATIENCE_MS,
): Promise<AsyncIterable<Uint8Array> | null> {
  const answer = await orAbsent(ask((s3, limit) => s3.send(new GetObjectCommand({ Bucket, Key }), limit)));
  if (answer === undefined) return null;
  if (!(answer.Body instanceof Readable)) throw new TypeError('an answer of the store is no stream');
  return heard(answer.Body, patienceMs);
}

function tooLate(cause?: unknown): Error {
  return Object.assign(new Error('the store fell silent', { cause }), { name: 'TimeoutError' });
}

async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}

async function* heard(body: Readable, patienceMs: number): AsyncGenerator<Uint8Array, void, void> {
  const silence = () => body.destroy(tooLate());
  let timer = setTimeout(silence, patienceMs);
  try {
    for await (const part of body) {
      clearTimeout(timer);
      yield part;
      timer = setTimeout(silence, patienceMs);
    }
  } finally {
    clearTimeout(timer);
  }
}
