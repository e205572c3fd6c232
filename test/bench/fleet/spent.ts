/** When a worker that does one at a time began and ended its runs, in milliseconds, the first of them first. */
export interface Turns {
  readonly begun: readonly number[];
  readonly ended: readonly number[];
}

/** What a worker's time is spent on, in milliseconds. */
export interface Spent {
  /** One rehearsal, from beginning to end. */
  readonly run: number;
  /** From the end of one to the beginning of the next: its slot is idle. */
  readonly between: number;
  /** From the first submission to its first run: once, however many there are. */
  readonly before: number;
  /** From the end of its last to when all were settled, where it may wait for the other worker: once, too. */
  readonly after: number;
}

/** Where the time of a measurement went, on the average of its workers. */
export function spentOf(
  workers: readonly Turns[],
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
): Spent {
  const each = workers.map(({ begun, ended }): Spent => {
    const [first = 0, last = 0] = [begun[0], ended.at(-1)];
    const worked = sum(ended) - sum(begun);
    return {
      run: worked / ended.length,
      between: (last - first - worked) / Math.max(1, ended.length - 1),
      before: first - sinceMs,
      after: untilMs - last,
    };
  });
  const mean = (of: (one: Spent) => number): number => sum(each.map(of)) / Math.max(1, each.length);
  return {
    run: mean(({ run }) => run),
    between: mean(({ between }) => between),
    before: mean(({ before }) => before),
    after: mean(({ after }) => after),
  };
}

/**
 * Runs a second of all workers while none is without work: each by itself, from the end of its first to the end of its last.
 * A few runs take so short that beginning and end, where only one works, would be a good part of them.
 */
export function steadyOf(workers: readonly Turns[]): number {
  return sum(
    workers.map(({ ended }) => {
      const spanMs = (ended.at(-1) ?? 0) - (ended[0] ?? 0);
      return spanMs === 0 ? 0 : ((ended.length - 1) * 1000) / spanMs;
    }),
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
