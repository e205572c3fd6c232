import { once } from 'node:events';
import { DrylaneError } from '@drylane/proto/errors';
import { Redis } from 'ioredis';

/** Hears of what went wrong and mends itself: a connection that was lost, an answer that came too late. */
export type Trouble = (error: Error) => void;

// Longer than a worker waits for its next job at a stretch, which is the longest that a sound connection is silent.
const LONGEST_SILENCE_MS = 15_000;
const SOONEST_RETRY_MS = 50;
const LATEST_RETRY_MS = 1_000;

/**
 * A connection for questions that somebody waits for: what cannot be answered now fails now. Nothing is ever sent
 * twice, so a transaction that watches keys is never sent without them.
 */
export function askingConnection(url: string, patienceMs: number, trouble: Trouble): Redis {
  const client = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: patienceMs,
    socketTimeout: patienceMs,
    retryStrategy,
  });
  return client.on('error', trouble);
}

/** A connection for workers, and how it and those that were made after it are given up. */
export interface Working {
  readonly client: Redis;
  /** Ends them, or lets them try no more where they are not connected; what waits for an answer is told. */
  giveUp(): void;
}

/** Connects workers: what cannot be answered now waits until the server is back. */
export function workingConnection(url: string, lockMs: number, trouble: Trouble): Working {
  let isGivenUp = false;
  const client = new Redis(url, {
    maxRetriesPerRequest: null,
    socketTimeout: Math.max(LONGEST_SILENCE_MS, lockMs),
    retryStrategy: (times) => (isGivenUp ? null : retryStrategy(times)),
  });
  client.on('error', trouble);
  return {
    client,
    giveUp() {
      isGivenUp = true;
      client.disconnect();
    },
  };
}

const retryStrategy = (times: number): number => Math.min(SOONEST_RETRY_MS * 2 ** times, LATEST_RETRY_MS);

/** Waits until a connection can be used, within `patienceMs` and no longer than to its next fault. */
export async function untilReady(client: Redis, patienceMs: number): Promise<void> {
  if (client.status === 'ready') return;
  if (client.status === 'end') throw new Error('the connection is closed');
  await once(client, 'ready', { signal: AbortSignal.timeout(patienceMs) });
}

/** The error of who asked and was not answered. It never names the address, which may hold a password. */
export function unavailable(cause: unknown): DrylaneError {
  const problem = {
    field: 'queue',
    message: 'Redis does not answer',
    mend: 'see that Redis runs and can be reached from here, and ask again',
  };
  return new DrylaneError('unavailable', problem, { cause });
}
