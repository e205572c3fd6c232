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

/**
 * Shares what is free of a window of runs under way: each goes to the tenant that has the fewest. So a tenant with one run
 * waits for as many others as there are tenants, however many runs another tenant has. This is fair queueing with runs as
 * the unit (Nagle, RFC 970), because nobody knows beforehand how long a run takes.
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
