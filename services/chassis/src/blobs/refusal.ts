import { DrylaneError, type ErrorCode } from '@drylane/proto/errors';

/** A bucket, by which errors name it. */
export interface Bucket {
  readonly bucket: string;
  readonly endpoint: string;
}

/** What of an error of the client for S3 says what happened; a HEAD's refusal has a status and no name. */
interface Told {
  readonly name: string;
  /** The answer's HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** What the system says of a connection, such as ECONNREFUSED. */
  readonly code: string | undefined;
}

type Reason = readonly [code: ErrorCode, message: string, mend: string];

const SILENT: Reason = [
  'unavailable',
  'the store for blobs cannot be reached',
  'check that it runs, its address, and the network in between',
];
const FAILING: Reason = [
  'unavailable',
  'the store for blobs cannot serve this now',
  'wait, and look at the store and its logs',
];
const REFUSED: Reason = [
  'machine-unfit',
  'the store for blobs refuses these keys',
  'check the access key, the secret key, and that they may list, read and write in this bucket',
];
const SKEWED: Reason = [
  'machine-unfit',
  'the store for blobs says that the time here is wrong',
  'set the clock of this machine',
];
const NO_BUCKET: Reason = [
  'machine-unfit',
  'there is no such bucket in the store for blobs',
  'make the bucket, or correct its name',
];
const ELSEWHERE: Reason = [
  'machine-unfit',
  'the store for blobs does not serve this bucket in this region',
  'correct the region, or the address',
];
const DAMAGED: Reason = [
  'unavailable',
  'what the store for blobs received is not what was sent',
  'check the network, and what stands between here and the store',
];
const STRANGE: Reason = [
  'internal',
  'the store for blobs answers what was not expected',
  'check that the address is that of an S3-compatible store, and look at its logs',
];

const BY_NAME: Readonly<Record<string, Reason>> = {
  NoSuchBucket: NO_BUCKET,
  RequestTimeTooSkewed: SKEWED,
  AuthorizationHeaderMalformed: ELSEWHERE,
  PermanentRedirect: ELSEWHERE,
  InvalidAccessKeyId: REFUSED,
  SignatureDoesNotMatch: REFUSED,
  AccessDenied: REFUSED,
  ExpiredToken: REFUSED,
  BadDigest: DAMAGED,
  IncompleteBody: DAMAGED,
  XAmzContentSHA256Mismatch: DAMAGED,
  SlowDown: FAILING,
  RequestTimeout: SILENT,
  TimeoutError: SILENT,
  AbortError: SILENT,
};

/** Says what an error of the client for S3 means for whoever runs us; errors of ours stay what they are. */
export function refusalOf(error: unknown, place: Bucket): DrylaneError {
  if (error instanceof DrylaneError) return error;
  return refusal(reasonOf(toldBy(error)), place, error);
}

/** What is thrown where there is no bucket. */
export function noBucket(place: Bucket): DrylaneError {
  return refusal(NO_BUCKET, place);
}

function refusal([code, message, mend]: Reason, { bucket, endpoint }: Bucket, cause?: unknown): DrylaneError {
  return new DrylaneError(code, { field: `s3://${bucket} at ${endpoint}`, message, mend }, { cause });
}

/** Whether the store says that nothing stands under a key; a HEAD says no more when the bucket is missing. */
export function isAbsent(error: unknown): boolean {
  const { name, status } = toldBy(error);
  return status === 404 && (name === 'NoSuchKey' || name === 'NotFound');
}

/** Whether the store knows nothing of an upload: it was ended, or done. */
export function isUnknownUpload(error: unknown): boolean {
  return toldBy(error).name === 'NoSuchUpload';
}

/** Whether the store itself has refused a request: it is known that nothing came of it. */
export function isRefused(error: unknown): boolean {
  const { status } = toldBy(error);
  return status !== undefined && status >= 400 && status < 500;
}

function reasonOf({ name, status, code }: Told): Reason {
  const named = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (named !== undefined) return named;
  if (status === undefined) return code === undefined ? STRANGE : SILENT;
  if (status >= 500 || status === 429) return FAILING;
  if (status === 401 || status === 403) return REFUSED;
  // An answer to HEAD has no body that would name the reason, and this is the one that it nearly always has.
  if (status === 301 || status === 307 || (status === 400 && name === 'Unknown')) return ELSEWHERE;
  return STRANGE;
}

function toldBy(error: unknown): Told {
  if (!(error instanceof Error)) return { name: '', status: undefined, code: undefined };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name: error.name, status: statusOf(error), code };
}

function statusOf(error: Error): number | undefined {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
