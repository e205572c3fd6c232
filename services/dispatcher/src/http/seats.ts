import type { Principal } from '../access/access.ts';
import type { SeatLimits } from './limits.ts';

/** Counts what is taken, for each principal, for each tenant and in all. */
export interface Seats {
  /** As many as are asked for, one if left out, to be given back once; undefined where there are not as many. */
  take(who: Pick<Principal, 'id' | 'grants'>, many?: number): (() => void) | undefined;
  readonly taken: number;
}

export function seats({ perPrincipal, perTenant, inAll }: SeatLimits): Seats {
  const taken = new Map<string, number>();
  const takenBy = (whom: string): number => taken.get(whom) ?? 0;
  const add = (whom: string, by: number): void => {
    const now = takenBy(whom) + by;
    if (now === 0) taken.delete(whom);
    else taken.set(whom, now);
  };
  return {
    take({ id, grants }, many = 1) {
      // A tenant has as many principals as its operators like.
      const tenants = new Set(grants.flatMap(({ tenant }) => tenant ?? []));
      const all = [
        { whom: ALL, most: inAll },
        { whom: `principal ${id}`, most: perPrincipal },
        ...[...tenants].map((tenant) => ({ whom: `tenant ${tenant}`, most: perTenant })),
      ];
      // What is more by itself than all that there is has to come first.
      const isFull = (whom: string, most: number): boolean =>
        takenBy(whom) > 0 && takenBy(whom) + many > most;
      if (all.some(({ whom, most }) => isFull(whom, most))) return undefined;
      for (const { whom } of all) add(whom, many);
      let isTaken = true;
      return () => {
        if (isTaken) for (const { whom } of all) add(whom, -many);
        isTaken = false;
      };
    },
    get taken() {
      return takenBy(ALL);
    },
  };
}

const ALL = 'all';
