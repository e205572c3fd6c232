import { Readable } from 'node:stream';
import type { Logger } from '@drylane/chassis/logger/logger';
import { safeJson } from '@drylane/chassis/redact/visible';
import type { FastifyReply } from 'fastify';
import type { Answer } from './handler.ts';
import { detailsOf, PROBLEM_TYPE, type Refusal, refusal, retryAfterOf, STATUSES } from './problem.ts';
import type { Seats } from './seats.ts';

/** What answers are made with. */
export interface Pen {
  readonly log: Logger;
  /** Takes secrets out of a text. */
  readonly clean: (text: string) => string;
  /** For the rest of a request that was refused. */
  readonly lingerMs: number;
  /** Counts the bytes of answers that nobody has taken yet. */
  readonly held: Seats;
}

/** Sends an answer. */
export function send(reply: FastifyReply, answer: Answer, pen: Pen): FastifyReply {
  if (answer.kind === 'refused') return sendRefusal(reply, answer.refusal, pen);
  if (answer.kind === 'text')
    return sendDocument(reply.code(200).type(answer.type), Buffer.from(answer.text), pen);
  if (answer.kind === 'nothing') return reply.code(204).send();
  for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
  if (answer.kind === 'json')
    return sendDocument(reply.code(answer.status).type('application/json'), jsonBytes(answer.body), pen);
  reply.code(200).type(answer.type);
  if (answer.size !== undefined) reply.header('content-length', answer.size);
  const stream = Readable.from(answer.bytes, { objectMode: false });
  stream.on('error', (fault) => {
    pen.log.warn('an answer ended early', { request: reply.request.id, fault });
  });
  return reply.send(stream);
}

/** From how many bytes on it matters who does not take them. */
const LARGE_BYTES = 64 * 1024;

/** Sends a document, unless too much of others is waiting to be read: whoever does not read what they ask for, fills the memory. */
function sendDocument(reply: FastifyReply, bytes: Buffer, pen: Pen): FastifyReply {
  const { who } = reply.request;
  if (who !== null && bytes.length > LARGE_BYTES) {
    const leave = pen.held.take(who, bytes.length);
    if (leave === undefined) return sendRefusal(reply, TOO_MUCH, pen);
    if (reply.raw.closed) leave();
    else reply.raw.once('close', leave);
  }
  return reply.send(bytes);
}

const TOO_MUCH: Refusal = {
  ...refusal('too-many-requests', 'answer', 'waits for others to be read', 'read those that you asked for'),
  retryAfterS: 5,
};

// Whoever reads it at a terminal is shown what commands wrote. As bytes, because a charset would be added to a text, and JSON has none (RFC 8259, 11).
const jsonBytes = (value: unknown): Buffer => Buffer.from(safeJson(value));

/** Sends why a request is not answered as it wishes. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal, pen: Pen): FastifyReply {
  const { request } = reply;
  const retryAfter = retryAfterOf(refusal);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  // By RFC 6750: how to show who one is.
  if (refusal.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="drylane"');
  if (!request.raw.complete) linger(reply, pen.lingerMs);
  const details = detailsOf(refusal, request.id, pen.clean);
  return reply.code(STATUSES[refusal.code]).type(PROBLEM_TYPE).send(jsonBytes(details));
}

/**
 * Reads on for a while without keeping anything: if the connection were closed while the client still sends, it would
 * not see the answer. Whoever sends on for longer is cut off.
 */
function linger({ request: { raw } }: FastifyReply, ms: number): void {
  raw.resume();
  const timer = setTimeout(() => raw.socket.destroy(), ms);
  raw.once('close', () => clearTimeout(timer));
  raw.once('end', () => clearTimeout(timer));
}
