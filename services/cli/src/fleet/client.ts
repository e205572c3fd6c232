import { setTimeout as sleep } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import type { z } from 'zod';
import type { Address } from './address.ts';
import { type Bounds, partsOf, whole } from './body.ts';
import { away, faultOf, strange } from './problem.ts';
import { type Failure, PATIENCE, type Patience, waitBefore } from './retry.ts';

/** What a dispatcher is asked. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From `/v1` on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** A tar to send; asked for anew for each attempt. */
  readonly tar?: () => AsyncIterable<Uint8Array>;
  readonly accept?: string;
  readonly lastEventId?: string;
  /** Whether asking twice is asking once; a GET always is. */
  readonly isSafe?: boolean;
  readonly signal?: AbortSignal;
}

/** Asks one dispatcher, and no other host. What it throws is a DrylaneError whose exit status fits. */
export interface Client {
  readonly host: string;
  /** Its whole address, without a slash at its end. */
  readonly base: string;
  /** One JSON document, checked. */
  ask<S extends z.ZodType>(schema: S, call: Call): Promise<z.output<S>>;
  /** What is answered without a document. */
  tell(call: Call): Promise<void>;
  /** Bytes as they come, at most so many. */
  stream(call: Call, bounds: Bounds): Promise<AsyncIterable<Uint8Array>>;
}

/** What a client may be told besides its address. Times are milliseconds. */
export interface Terms {
  readonly patience: Patience;
  /** Until an answer begins. */
  readonly answerMs: number;
  readonly idleMs: number;
  /** The most bytes of a document. */
  readonly documentBytes: number;
}

export const TERMS: Terms = {
  patience: PATIENCE,
  answerMs: 60_000,
  idleMs: 60_000,
  documentBytes: 128 * 1024 ** 2,
};
const MAX_PROBLEM_BYTES = 1024 ** 2;

/** What a server sends back: as much of it as is asked for here. */
export interface Sent {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Sends a request to that address and no other. */
export type Send = (url: string, request: Request) => Promise<Sent>;

export interface Request {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream;
  readonly duplex?: 'half';
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export function createClient(address: Address, terms: Terms = TERMS, send: Send = fetch): Client {
  const { host } = address;
  const stream: Client['stream'] = async (call, bounds) => {
    const { response, end } = await answerTo({ ...address, send }, call, terms);
    return guarded(partsOf(response, bounds, { host, end }), host, end);
  };
  const document = (call: Call) => stream(call, { bytes: terms.documentBytes, idleMs: terms.idleMs });
  return {
    ...{ host, base: address.base },
    stream,
    async ask(schema, call) {
      const read = schema.safeParse(json(await whole(await document(call))));
      if (read.success) return read.data;
      throw strange(host, `answered ${call.method} ${pathOf(call)} otherwise`, read.error);
    },
    async tell(call) {
      await whole(await document(call));
    },
  };
}

/** A dispatcher, and the way to it. */
interface Peer extends Address {
  readonly send: Send;
}

interface Answered {
  readonly response: Sent;
  /** Stops the server from sending more; what is read then throws the reason. */
  readonly end: (why: unknown) => void;
}

/** An answer of a status that says it worked; others are tried again where that may help. */
async function answerTo(address: Peer, call: Call, terms: Terms): Promise<Answered> {
  const isSafe = call.isSafe ?? call.method === 'GET';
  for (let attempt = 1; ; attempt += 1) {
    const { fault, failure, answered } = await attemptOf(address, call, terms);
    if (answered !== undefined) return answered;
    const wait = waitBefore({ failure, attempt, isSafe }, terms.patience, Math.random());
    if (wait === undefined || call.signal?.aborted === true) throw fault;
    await sleep(wait, undefined, call.signal && { signal: call.signal }).catch(() => undefined);
  }
}

type Outcome =
  | { readonly answered: Answered; readonly fault?: never; readonly failure?: never }
  | { readonly answered?: never; readonly fault: DrylaneError; readonly failure: Failure };

async function attemptOf(address: Peer, call: Call, terms: Terms): Promise<Outcome> {
  const { host } = address;
  const ending = new AbortController();
  const end = (why: unknown): void => ending.abort(why);
  // An upload takes as long as it takes; the server says how long that may be.
  const timer = call.tar ? undefined : setTimeout(() => end(away(host, 'no answer in time')), terms.answerMs);
  try {
    const signal = call.signal ? AbortSignal.any([ending.signal, call.signal]) : ending.signal;
    const response = await address.send(urlOf(address, call), requestOf(address, call, signal));
    clearTimeout(timer);
    if (response.status >= 200 && response.status < 300) return { answered: { response, end } };
    const retryAfter = response.headers.get('retry-after');
    const fault = await refusalOf(host, response, terms, end);
    return { fault, failure: { kind: 'answer', status: response.status, retryAfter } };
  } catch (cause) {
    end(cause);
    const why = reasonOf(cause);
    const kind = why === 'ECONNREFUSED' ? 'refused-connection' : 'lost';
    return { fault: ownFault(cause) ?? away(host, why, cause), failure: { kind } };
  } finally {
    clearTimeout(timer);
  }
}

/** The path is put together here, of parts that were checked, so that it cannot lead to another host. */
function urlOf({ base }: Address, call: Call): string {
  const query = Object.entries(call.query ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return `${base}${call.path}${query.length === 0 ? '' : `?${new URLSearchParams(query)}`}`;
}

function requestOf({ token }: Address, call: Call, signal: AbortSignal): Request {
  const { method, body, tar, lastEventId } = call;
  const type = tar ? 'application/x-tar' : body === undefined ? undefined : 'application/json';
  return {
    ...{ method, signal },
    // Whoever is led elsewhere would take the token along.
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${token}`,
      accept: call.accept ?? 'application/json',
      // What is packed could be far more than it looks.
      'accept-encoding': 'identity',
      ...(type && { 'content-type': type }),
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(tar && { body: ReadableStream.from(tar()), duplex: 'half' }),
  };
}

async function refusalOf(
  host: string,
  response: Sent,
  { idleMs }: Terms,
  end: Answered['end'],
): Promise<DrylaneError> {
  const { status } = response;
  if (status < 400) {
    end(undefined);
    return strange(host, 'leads to another address');
  }
  const parts = partsOf(response, { bytes: MAX_PROBLEM_BYTES, idleMs }, { host, end });
  return faultOf({ host, status, body: json(await whole(parts)) });
}

/** Parts whose faults are ours, and whose sender is told when nobody reads on. */
async function* guarded(
  parts: AsyncIterable<Uint8Array>,
  host: string,
  end: Answered['end'],
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* parts;
  } catch (cause) {
    throw ownFault(cause) ?? away(host, reasonOf(cause), cause);
  } finally {
    end(undefined);
  }
}

/** A fault of ours, as it is or as the network's faults wrap it: that of what is sent, such as a file that changed. */
function ownFault(fault: unknown): DrylaneError | undefined {
  if (fault instanceof DrylaneError) return fault;
  return fault instanceof Error && fault.cause instanceof DrylaneError ? fault.cause : undefined;
}

/** Of a fault of the network, what people know it by. */
function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return 'the connection was lost';
  const { cause } = fault;
  const inner = cause instanceof Error ? cause : fault;
  return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.message;
}

/** Undefined where that is no JSON. */
function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const pathOf = ({ path }: Call): string => path.replace(/\/run_[0-9A-Z]+/, '/{id}');
