/** Has work done, so many at once, in the order in which it comes. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function turns(most: number): Turns {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Whoever waits gets the place itself, so that nobody comes in between.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
