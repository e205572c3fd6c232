import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { DrylaneError } from '@drylane/proto/errors';
import { errorCodes } from 'fastify';
import type { HttpLimits } from './limits.ts';
import { type Refusal, refusal } from './problem.ts';
import type { Consumes, Route } from './table.ts';

const KINDS = {
  document: ['application/json', 'application/yaml'],
  outcome: ['application/json'],
  tar: ['application/x-tar'],
} as const;

/** Every kind of content that some route takes. */
export const MEDIA_TYPES = [...KINDS.document, ...KINDS.tar];

/** The most bytes of what a request may carry. */
export function mostBytes(consumes: Consumes, limits: HttpLimits): number {
  const most = {
    document: limits.documentBytes,
    outcome: limits.outcomeBytes,
    tar: limits.workspaceBytes,
  } as const satisfies Readonly<Record<Consumes, number>>;
  return most[consumes];
}

/** The kinds of content that a route takes. */
export function mediaTypesOf({ consumes }: Route): readonly string[] {
  return consumes === undefined ? [] : KINDS[consumes];
}

/** Why what a request brings is not even looked at; undefined where it is. */
export function refuseContent(
  route: Route,
  headers: IncomingHttpHeaders,
  limits: HttpLimits,
): Refusal | undefined {
  const length = headers['content-length'];
  const isEmpty = headers['transfer-encoding'] === undefined && (length === undefined || length === '0');
  const types = mediaTypesOf(route);
  if (types.length === 0)
    return isEmpty
      ? undefined
      : refusal('bad-input', 'body', 'is not taken here', 'send the request without a body');
  if (isEmpty) return refusal('bad-input', 'body', 'is missing', `send it as ${types.join(' or ')}`);
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!types.includes(type))
    return refusal(
      'unsupported-media-type',
      'content-type',
      'is not one that is taken here',
      `send it as ${types.join(' or ')}`,
    );
  const encoding = headers['content-encoding'];
  // What unpacks to more than was sent is for nobody to send.
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return refusal('unsupported-media-type', 'content-encoding', 'is not taken', 'send it as it is');
  const most = mostBytes(route.consumes ?? 'document', limits);
  return Number(length ?? 0) > most ? tooLarge(most) : undefined;
}

/** The refusal of a body that is too large. */
export function tooLarge(most: number): Refusal {
  return refusal('too-large', 'body', `has more than ${most} bytes`, 'send less at once');
}

/**
 * The bytes of a document. The stream is left open where they are too many or too late, so that there can be an answer.
 * @throws what {@link errorCodes} has for a body that is too large, or DrylaneError where it did not come in time.
 */
export async function readDocument(
  stream: Readable,
  most: number,
  { documentMs }: Pick<HttpLimits, 'documentMs'>,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    size += part.length;
    parts.push(part);
    if (size > most) reject(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
  };
  const end = (): void => resolve(Buffer.concat(parts));
  const timer = setTimeout(() => reject(tooSlow()), documentMs);
  stream.on('data', take).once('end', end).once('error', reject).once('close', reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    stream.off('data', take).off('end', end).off('close', reject);
  }
}

function tooSlow(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'body',
    message: 'did not come whole in time',
    mend: 'send it again, all at once',
  });
}

/** Bytes on their way, as many as may be; what ends too early has been thrown by the stream. */
export async function* metered(
  source: AsyncIterable<Uint8Array>,
  { workspaceBytes }: HttpLimits,
): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  for await (const part of source) {
    size += part.length;
    if (size > workspaceBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    yield part;
  }
}
