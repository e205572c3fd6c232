import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../logger/logger.ts';
import type { LogSink } from '../logger/sink.ts';
import { type Part, type ShutdownLimits, shutDown } from './shutdown.ts';

export interface SignalOptions {
  readonly log: Logger;
  readonly sink: Pick<LogSink, 'flush'>;
  readonly limits: ShutdownLimits;
  /** Says at once, and from then on, that the process should get no more work. */
  readonly unready: () => void;
}

/** What a process ends by. */
export interface Shutdown {
  /** Adds a part, as soon as it is open: parts close in the reverse order. */
  add(part: Part): void;
}

/** How long the last log lines may take to be written, in milliseconds. */
const LAST_WORDS_MS = 1000;

/**
 * Ends the process on SIGTERM or SIGINT: not ready, drain, close, and exit with 0, or with 1 when something did not end as
 * it should. A second signal ends it at once, with 128 and the signal's number. A fault that nobody caught is logged,
 * scrubbed as all that is, and ends it with 1: what state the process is in is not known then.
 */
export function endOnSignals({ log, sink, limits, unready }: SignalOptions): Shutdown {
  const parts: Part[] = [];
  let ending = false;

  async function end(signal: NodeJS.Signals): Promise<void> {
    log.info('shutting down', { signal });
    unready();
    await pause(limits.settleMs);
    const shortfalls = await shutDown(parts, limits);
    for (const shortfall of shortfalls) log.error('a part did not end as it should', { ...shortfall });
    log.info('shut down', { parts: parts.length, shortfalls: shortfalls.length });
    await sink.flush(LAST_WORDS_MS);
    process.exit(shortfalls.length === 0 ? 0 : 1);
  }

  function fail(fault: unknown): void {
    log.fatal('a fault that nobody caught', { fault });
    void sink.flush(LAST_WORDS_MS).finally(() => process.exit(1));
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (ending) process.exit(128 + constants.signals[signal]);
      ending = true;
      end(signal).catch(fail);
    });
  process.on('uncaughtException', fail);
  return { add: (part) => void parts.push(part) };
}
