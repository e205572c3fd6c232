import { recentlyFound } from '../access/recent.ts';
import type { Fleet } from './fleet.ts';

/** How long a count of who waits is believed, in milliseconds: submissions come faster than the line changes. */
const FRESH_MS = 250;

/** About how long a run takes, in seconds, where nothing better is known; for `Retry-After` only. */
const RUN_S = 1;
const LONGEST_S = 60;

/** Tells whether one more run of a tenant may wait; else after how many seconds it is worth asking again. */
export function createRoom({ desk, limits }: Pick<Fleet, 'desk' | 'limits'>) {
  // However many ask at once, the ledger counts once.
  const counts = recentlyFound<Map<string, number>>({ keepMs: FRESH_MS, most: 1 });
  const count = async () => new Map(await desk.ledger.countByTenant('submitted'));
  return async function retryAfter(tenant: string, nowMs: number): Promise<number | undefined> {
    const waiting = (await counts.get('submitted', nowMs, count)) ?? new Map<string, number>();
    const own = waiting.get(tenant) ?? 0;
    const all = [...waiting.values()].reduce((sum, number) => sum + number, 0);
    // What is let in before the next count is counted here.
    waiting.set(tenant, own + 1);
    const over = Math.max(own - limits.waitingOfTenant, all - limits.waiting);
    if (over < 0) return undefined;
    return Math.min(LONGEST_S, Math.ceil(((over + 1) * RUN_S) / Math.max(1, limits.window)));
  };
}
