import type { SeatLimits } from './limits.ts';

/** Counts what is open, for each principal and in all. */
export interface Seats {
  /** A place, to be given back once; undefined where all are taken. */
  take(principal: string): (() => void) | undefined;
  readonly taken: number;
}

export function seats({ perPrincipal, inAll }: SeatLimits): Seats {
  const taken = new Map<string, number>();
  let all = 0;
  const add = (principal: string, by: 1 | -1): void => {
    all += by;
    const now = (taken.get(principal) ?? 0) + by;
    if (now === 0) taken.delete(principal);
    else taken.set(principal, now);
  };
  return {
    take(principal) {
      if (all >= inAll || (taken.get(principal) ?? 0) >= perPrincipal) return undefined;
      add(principal, 1);
      let isTaken = true;
      return () => {
        if (isTaken) add(principal, -1);
        isTaken = false;
      };
    },
    get taken() {
      return all;
    },
  };
}
