import { setTimeout as delay } from 'node:timers/promises';

const TRIES = 100;

/** Runs a piece of work, again where it lost against another process. */
export type Retry = <T>(work: () => Promise<T>) => Promise<T>;

/** Tries again, a hundred times in five seconds, after errors that say that another process was in the way. */
export function retryAfter(isInTheWay: (error: unknown) => boolean): Retry {
  return async (work) => {
    for (let left = TRIES; ; left--) {
      try {
        return await work();
      } catch (error) {
        if (left === 0 || !isInTheWay(error)) throw error;
        await delay(TRIES - left);
      }
    }
  };
}
