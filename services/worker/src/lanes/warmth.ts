import { availableParallelism } from 'node:os';
import type { Logger } from '@drylane/chassis/logger/logger';
import type { Metrics } from '@drylane/chassis/metrics/metrics';
import type { PoolEvent, WarmOptions } from '../sandbox/warm/pool.ts';

/** A slot that nobody asked for in so many milliseconds is let go. */
const IDLE_MS = 300_000;

/**
 * How a worker that rehearses so many commands at once keeps slots for them: of one kind as many, twice as many of all,
 * made while half of the cores have nothing else to do. Undefined for none.
 */
export function warmth(slots: number, log: Logger, metrics: Metrics): WarmOptions | undefined {
  if (slots === 0) return undefined;
  const told = (event: PoolEvent): void => {
    if (event.event === 'fault') log.warn('a slot could not be had', { fault: event.cause });
    else if (event.event === 'taken') metrics.count('drylane_slot_hits_total', { hit: `${event.hit}` });
    else
      for (const state of ['warming', 'ready', 'busy'] as const)
        metrics.set('drylane_slots', { state }, event[state]);
  };
  const quietBelow = Math.max(1, Math.floor(availableParallelism() / 2));
  return { perKey: slots, most: slots * 2, idleMs: IDLE_MS, quietBelow, told };
}
