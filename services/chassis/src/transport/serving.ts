import { setTimeout as delay } from 'node:timers/promises';
import { type Job as QueuedJob, Worker } from 'bullmq';
import { type Trouble, workingConnection } from './connection.ts';
import { lostReason, MOST_ATTEMPTS, pauseMs, reasonOf } from './flow.ts';
import { type Outcome, type Payload, placeOf } from './jobs.ts';
import type { Before, Serving, Work } from './transport.ts';

/** How a queue in Redis is worked on. */
export interface ServingSettings {
  readonly url: string;
  readonly prefix: string;
  readonly queue: string;
  readonly work: Work;
  readonly concurrency: number;
  /** How long a worker that says nothing keeps what it works on. */
  readonly lockMs: number;
  /** How long whoever closes waits for Redis, once no work is left. */
  readonly patienceMs: number;
  readonly trouble: Trouble;
}

const RETRY_MS = 1_000;

/** Works on a queue until it is closed, over connections of its own. */
export function serveQueue(settings: ServingSettings): Serving {
  const { url, queue, prefix, concurrency, lockMs, patienceMs, trouble } = settings;
  const connection = workingConnection(url, lockMs, trouble);
  const busy = new Set<Promise<unknown>>();
  const work: Work = (job) => {
    const working = settings.work(job);
    busy.add(working);
    return working.finally(() => busy.delete(working));
  };
  // Three parameters, and not fewer: only then the queue hands in a signal.
  const worker = new Worker<Payload, Outcome>(queue, (job, _token, signal) => begin(job, work, signal), {
    connection: connection.client,
    prefix,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    // Who begins a job counts, for each by its own measure: this one would be the same for all jobs of a queue.
    maxStalledCount: MOST_ATTEMPTS,
    runRetryDelay: RETRY_MS,
    settings: { backoffStrategy: pauseMs },
  });
  worker.on('error', trouble);
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'the queue has given it to somebody else');
  });
  const close = async () => {
    const closed = worker.close();
    // Where Redis is gone, the last answers cannot be told: then that work counts as lost, and the process may end. A step
    // that was taken just now is busy a moment later.
    do {
      while (busy.size > 0) await Promise.allSettled(busy);
      await Promise.race([closed, delay(patienceMs)]);
    } while (busy.size > 0);
    connection.giveUp();
    await Promise.race([closed, delay(2 * RETRY_MS)]);
  };
  return { close, [Symbol.asyncDispose]: close };
}

/**
 * Begins a step, unless it was begun as often as it may be: each beginning is counted in Redis before we hear of it, so a
 * worker that died counts, and so does one that only looked dead. A failure that is final is an answer like any other.
 * What the work throws is never thrown on as it is: the queue takes some messages for orders.
 */
async function begin(
  job: QueuedJob<Payload, Outcome>,
  work: Work,
  signal = new AbortController().signal,
): Promise<Outcome> {
  const { attempts = 1 } = job.opts;
  if (job.attemptsStarted > attempts) return { ok: false, reason: lostReason(attempts) };
  const { data, trace } = job.data;
  const before = await beforeOf(job);
  try {
    const flow = job.id ?? '';
    const value = await work({ flow, data, before, attempt: job.attemptsStarted, trace, signal });
    return { ok: true, value };
  } catch (error) {
    if (job.attemptsStarted >= attempts) return { ok: false, reason: reasonOf(error) };
    throw new Error('it failed, and is begun again');
  }
}

/** What the step before left. It is there before this one can begin, unless somebody else changed the queue. */
async function beforeOf(job: QueuedJob<Payload, Outcome>): Promise<Before> {
  if (placeOf(job.name).first) return null;
  const [outcome] = Object.values(await job.getChildrenValues<Outcome>());
  if (outcome !== undefined) return outcome;
  const [reason] = Object.values(await job.getIgnoredChildrenFailures());
  return { ok: false, reason: reason ?? 'the queue does not know what became of it' };
}
