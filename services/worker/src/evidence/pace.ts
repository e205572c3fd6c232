import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work in one go; other rehearsals of this process wait as long. */
const SLICE_MS = 8;

/** To be awaited in every turn of a long loop: now and then it lets the rest of the process run. */
export type Pace = () => Promise<void> | undefined;

/** Makes a {@link Pace} for one loop. */
export function createPace(): Pace {
  let until = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < until) return undefined;
    return setImmediate().then(() => {
      until = performance.now() + SLICE_MS;
    });
  };
}
