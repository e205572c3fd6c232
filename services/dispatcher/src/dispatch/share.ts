/** How many runs of each tenant wait, and how many are under way. */
export interface Line {
  readonly waiting: ReadonlyMap<string, number>;
  readonly working: ReadonlyMap<string, number>;
}

/** How many more runs of a tenant go into the queue; `rank`: how many of it are there already. */
export interface Share {
  readonly tenant: string;
  readonly take: number;
  readonly rank: number;
}

/** So many times the window are under way at most, with the places beyond it. */
const MOST = 2;

/** How many more runs may be under way when so many are: beyond the window only for tenants that have none there. */
export const roomBeyond = (busy: number, window: number): number => MOST * window - busy;

/**
 * Shares what is free of a window of runs under way: each goes to the tenant that has the fewest. So a tenant with one run
 * waits for as many others as there are tenants, however many runs another tenant has. This is fair queueing with runs as
 * the unit (Nagle, RFC 970), because nobody knows beforehand how long a run takes. One that has nothing under way does not
 * wait for a place either: its first is beyond the window where the others fill it, so that a worker that is free finds it.
 */
export function fairShares({ waiting, working }: Line, window: number): readonly Share[] {
  const tenants = [...waiting]
    .filter(([, number]) => number > 0)
    .map(([tenant, left]) => ({ tenant, left, rank: working.get(tenant) ?? 0, take: 0 }))
    .sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
  const busy = [...working.values()].reduce((sum, number) => sum + number, 0);
  for (let free = window - busy; free > 0; free--) {
    const next = fewest(tenants);
    if (next === undefined) break;
    next.take += 1;
  }
  const taken = tenants.reduce((sum, { take }) => sum + take, busy);
  const absent = tenants.filter(({ rank, take }) => rank + take === 0);
  for (const one of absent.slice(0, Math.max(0, roomBeyond(taken, window)))) one.take = 1;
  return tenants.filter(({ take }) => take > 0).map(({ tenant, take, rank }) => ({ tenant, take, rank }));
}

interface Candidate {
  readonly tenant: string;
  readonly left: number;
  readonly rank: number;
  take: number;
}

/** The tenant with the fewest runs under way of those that have more; of equal ones the first by name. */
function fewest(tenants: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const one of tenants) {
    if (one.take >= one.left) continue;
    if (best === undefined || one.rank + one.take < best.rank + best.take) best = one;
  }
  return best;
}
