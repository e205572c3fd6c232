/** Bytes of a stream, counted from its start, whose rules share one allowance of work. */
export const WINDOW = 4096;

/**
 * Work for the rules of one window; in a thousand windows of source text, one needs half of it. What needs more was
 * made to keep us busy, or holds a secret in every line: nothing that was not looked at may be shown.
 */
export const MAX_EFFORT = 2048;

/** What it costs to try a rule where a keyword stands, up to where it is refused or fits. */
export const EFFORT = { glanced: 1, tried: 2, judged: 8, matched: 12 } as const;

// What a pattern took is judged in time that follows its length; secrets beside one another never cost too much.
const BYTES_JUDGED = 6;
const MOST_JUDGED = WINDOW / BYTES_JUDGED;
const BYTES_TRIED = 10;

/** The cost of a match that took so many bytes. */
export const costOfMatch = (bytes: number): number =>
  EFFORT.matched + Math.ceil(Math.min(MOST_JUDGED, bytes / BYTES_JUDGED));

/** The cost of a pattern that looked at up to so many bytes before it gave up. */
export const costOfTrial = (bytes: number): number => Math.max(EFFORT.tried, Math.ceil(bytes / BYTES_TRIED));

/** Bytes after a window that go with it, because a secret may begin in it. */
export const SPILLOVER = 512;

/** Counts the work of a stream's windows; `origin` is where in the stream the bytes begin. */
export interface Effort {
  /** Whether what stands at an offset is still worth work. */
  readonly allows: (offset: number) => boolean;
  readonly spend: (offset: number, cost: number) => void;
  /** The start of the window that an offset is in, or 0 where that was let go already. */
  readonly windowOf: (offset: number) => number;
  /** The starts of windows that cost too much, in order. */
  readonly exhausted: () => readonly number[];
}

/** Begins to count for bytes that stand at `origin` in their stream. */
export function countEffort(origin: number): Effort {
  const spent = new Map<number, number>();
  const windowOf = (offset: number): number => offset - ((origin + offset) % WINDOW);
  return {
    allows: (offset) => (spent.get(windowOf(offset)) ?? 0) <= MAX_EFFORT,
    spend(offset, cost) {
      const window = windowOf(offset);
      spent.set(window, (spent.get(window) ?? 0) + cost);
    },
    windowOf,
    exhausted: () =>
      [...spent]
        .filter(([, cost]) => cost > MAX_EFFORT)
        .map(([window]) => window)
        .sort((a, b) => a - b),
  };
}
