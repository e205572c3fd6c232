import { MAX_DOCUMENT_BYTES } from '@drylane/proto/document';

/** How many things of a kind may be open at once. */
export interface SeatLimits {
  readonly perPrincipal: number;
  readonly perTenant: number;
  readonly inAll: number;
}

/** What a client may take of the dispatcher. Times are milliseconds. */
export interface HttpLimits {
  readonly connections: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** For a document to come whole. */
  readonly documentMs: number;
  /** For any request to come whole, uploads included. */
  readonly requestMs: number;
  /** Without a byte in either direction, also while an answer is read. */
  readonly idleMs: number;
  /** Of a connection that waits for its next request; longer than a proxy in front keeps one. */
  readonly keepAliveMs: number;
  /** For the rest of a request that was refused, which nobody reads. */
  readonly lingerMs: number;
  readonly documentBytes: number;
  /** Of what a live worker says became of a run, which names every path that drifted. */
  readonly outcomeBytes: number;
  readonly workspaceBytes: number;
  readonly uploads: SeatLimits;
  readonly streams: SeatLimits;
  /** Answers that may be large, until they are made; so many are made at once. */
  readonly reads: SeatLimits;
  readonly readsAtOnce: number;
  /** Bytes of answers that are made and that nobody has taken yet. */
  readonly heldBytes: SeatLimits;
  /** Between two signs of life of a stream; less than `idleMs`. */
  readonly heartbeatMs: number;
  /** How long a stream may last; who comes again is asked who they are again. */
  readonly streamMs: number;
  /** How often it is looked whether who reads a stream is known still. */
  readonly stillMs: number;
  /** How late the event loop may be before requests are turned away. */
  readonly eventLoopDelayMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connections: 2048,
  headersMs: 10_000,
  documentMs: 20_000,
  requestMs: 15 * 60_000,
  idleMs: 60_000,
  keepAliveMs: 75_000,
  lingerMs: 5_000,
  documentBytes: MAX_DOCUMENT_BYTES,
  outcomeBytes: 32 * 1024 ** 2,
  workspaceBytes: 1024 ** 3,
  uploads: { perPrincipal: 4, perTenant: 16, inAll: 32 },
  streams: { perPrincipal: 20, perTenant: 500, inAll: 1000 },
  reads: { perPrincipal: 16, perTenant: 64, inAll: 128 },
  readsAtOnce: 2,
  heldBytes: { perPrincipal: 48 * 1024 ** 2, perTenant: 64 * 1024 ** 2, inAll: 96 * 1024 ** 2 },
  heartbeatMs: 15_000,
  streamMs: 15 * 60_000,
  stillMs: 1000,
  eventLoopDelayMs: 1000,
};
