import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { removeTree } from '../sandbox/remove-tree.ts';
import { planEviction } from './eviction.ts';
import { becomeHolder, forgetDeadHolders } from './holder.ts';
import type { Planted } from './plant.ts';
import { holdersOf, type Lease, makeShelf, newEntry, place, type Shelf, takeLease } from './shelf.ts';
import { doubtfulTrees, leftovers, listTrees, reopen, takeOut } from './stock.ts';

/** Makes a tree in a directory that is not there yet. */
export type MakeTree = (directory: string) => Promise<Pick<Planted, 'bytes'>>;

/** Trees by key, kept while there is room for them. */
export interface TreeCache extends AsyncDisposable {
  /**
   * The tree of a key, which stays until the lease is disposed of. It is made if it is not there: once, however many of this
   * process ask at once; what `make` throws, all of them are told, and who asks later lets it be made again.
   * @throws DrylaneError `machine-unfit` where there is no room while the others are in use.
   */
  lease(key: string, make: MakeTree): Promise<Lease>;
}

/** A tree in the making, and how many wait for it. */
interface Flight {
  askers: number;
  readonly leases: Promise<readonly Lease[]>;
}

/** How often, and how many milliseconds apart, a tree is asked for that another process is looking at. */
const PATIENCE = { times: 2000, ms: 5 } as const;

/**
 * Opens a cache in a directory that is nobody else's, within `budgetBytes`; trees in the making come on top. Trees, and the
 * order in which they were used, survive a restart; leases of a process end with it.
 * @throws DrylaneError `machine-unfit` where the directory cannot be locked.
 */
export async function openTreeCache(
  root: string,
  { budgetBytes, now = Date.now }: { readonly budgetBytes: number; readonly now?: () => number },
): Promise<TreeCache> {
  makeShelf(root);
  const holder = await becomeHolder(holdersOf(root));
  const shelf: Shelf = { root, holder: holder.id, now };
  await forgetDeadHolders(holdersOf(root), holder.id);
  const doubtful = doubtfulTrees(shelf).flatMap((key) => takeOut(shelf, key) ?? []);
  const { gone } = evict(shelf, 0, budgetBytes);
  for (const directory of [...leftovers(shelf), ...doubtful, ...gone]) await removeTree(directory);
  const flights = new Map<string, Flight>();
  return {
    async lease(key, make) {
      if (!KEY.test(key)) throw new Error('a cache was asked for a key that it cannot have');
      const standing = await takeOr(shelf, key, () => {
        const build = () => makeTree(shelf, key, make, budgetBytes);
        const flight = flights.get(key) ?? startFlight(flights, shelf, key, build);
        flight.askers += 1;
        return { flight, index: flight.askers - 1 };
      });
      if (!('flight' in standing)) return standing;
      const lease = (await standing.flight.leases)[standing.index];
      if (lease === undefined) throw new Error('a cache made fewer leases than were asked for');
      return lease;
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...flights.values()].map(({ leases }) => leases));
      holder[Symbol.dispose]();
    },
  };
}

const KEY = /^[a-z]+-[0-9a-f]{64}$/;

/**
 * Takes a tree, as soon as no other process is looking at it. What `absent` answers where there is none, it answers in the
 * same turn of the event loop in which that was seen.
 */
async function takeOr<T>(shelf: Shelf, key: string, absent: () => T): Promise<Lease | T> {
  for (let times = 0; times < PATIENCE.times; times += 1) {
    const taken = takeLease(shelf, key);
    if (taken === 'absent') return absent();
    if (taken !== 'closing') return taken;
    reopen(shelf, key);
    await setTimeout(PATIENCE.ms);
  }
  throw new DrylaneError('machine-unfit', {
    field: 'cache',
    message: 'another process does not let go of a tree',
    mend: 'see whether a worker was stopped, and end it',
  });
}

/** Starts to make a tree; all who ask until it stands are given leases before anyone could take it out. */
function startFlight(
  flights: Map<string, Flight>,
  shelf: Shelf,
  key: string,
  build: () => Promise<Lease>,
): Flight {
  const flight: Flight = { askers: 0, leases: fly() };
  flights.set(key, flight);
  return flight;
  async function fly(): Promise<readonly Lease[]> {
    // The making begins in a later turn, when `flight` is known.
    await Promise.resolve();
    using _guard = await build().finally(() => flights.delete(key));
    return await Promise.all(Array.from({ length: flight.askers }, () => takeOr(shelf, key, neverAbsent)));
  }
}

function neverAbsent(): never {
  throw new Error('a tree went while there was a lease on it');
}

/** Makes a tree and puts it in place, unless another process does so first; answers a lease on it. */
async function makeTree(shelf: Shelf, key: string, make: MakeTree, budgetBytes: number): Promise<Lease> {
  const entry = newEntry(shelf);
  const useless = [entry];
  try {
    const { bytes } = await make(join(entry, 'tree'));
    const { fits, gone } = evict(shelf, bytes, budgetBytes);
    useless.push(...gone);
    if (!fits) throw noRoom();
    const guard = place(shelf, entry, key, bytes);
    if (guard !== undefined) return guard;
  } finally {
    // Where it was put in place nothing stands here now. What cannot be removed is removed at the next start.
    await Promise.allSettled(useless.map(removeTree));
  }
  return takeOr(shelf, key, () => makeTree(shelf, key, make, budgetBytes));
}

/** Takes out as many trees as so many more bytes need; all that can be or none. */
function evict(
  shelf: Shelf,
  needed: number,
  budgetBytes: number,
): { readonly fits: boolean; readonly gone: readonly string[] } {
  const taken: string[] = [];
  const kept = new Set<string>();
  for (;;) {
    const trees = listTrees(shelf).map((tree) => (kept.has(tree.key) ? { ...tree, inUse: true } : tree));
    const plan = planEviction(trees, needed, budgetBytes);
    if (plan === undefined || plan.length === 0) return { fits: plan !== undefined, gone: taken };
    for (const key of plan) {
      const went = takeOut(shelf, key);
      if (went === undefined) kept.add(key);
      else taken.push(went);
    }
  }
}

const noRoom = (): DrylaneError =>
  new DrylaneError('machine-unfit', {
    field: 'cache',
    message: 'has no room for another tree while the others are in use',
    mend: 'raise its disk budget, or run fewer rehearsals at once',
  });
