/** One part of a process that has to end in order: a server, a worker, a connection. */
export interface Part {
  readonly name: string;
  /** Takes nothing new, and answers when it has finished what it had. When the signal comes, it gives up the rest. */
  readonly drain?: (signal: AbortSignal) => Promise<void>;
  /** Lets go of what it holds; the parts that were added after it have closed by then. */
  readonly close?: () => Promise<void>;
}

/** How long the end may take, in milliseconds. */
export interface ShutdownLimits {
  /** Between not being ready and taking nothing new, so that whoever sends work has noticed. */
  readonly settleMs: number;
  /** For all parts together to finish what they had. */
  readonly graceMs: number;
  /** For each part to close, and for the parts that were cut off to tidy up. */
  readonly closeMs: number;
}

/** How a part did not end as it should: it threw, or it was not done in time. */
export type Shortfall = { readonly part: string; readonly phase: 'drain' | 'close' } & (
  | { readonly why: 'fault'; readonly fault: unknown }
  | { readonly why: 'late' }
);

/**
 * Ends parts, given in the order in which they were opened: all drain at once, then they close one by one, the last
 * first. Whatever one of them does, the others get their turn. Answers what did not go well; throws nothing.
 */
export async function shutDown(
  parts: readonly Part[],
  { graceMs, closeMs }: ShutdownLimits,
): Promise<readonly Shortfall[]> {
  const shortfalls: Shortfall[] = [];
  const cutOff = new AbortController();
  const timer = setTimeout(() => cutOff.abort(new Error('the grace period is over')), graceMs);
  const drains = parts.map(async ({ name, drain }) => {
    if (drain === undefined) return;
    const ending = await within(() => drain(cutOff.signal), graceMs + closeMs);
    const cut = cutOff.signal.aborted && ending.why === 'done';
    if (cut) shortfalls.push({ part: name, phase: 'drain', why: 'late' });
    else if (ending.why !== 'done') shortfalls.push({ part: name, phase: 'drain', ...ending });
  });
  await Promise.all(drains);
  clearTimeout(timer);
  for (const { name, close } of parts.toReversed()) {
    if (close === undefined) continue;
    const ending = await within(close, closeMs);
    if (ending.why !== 'done') shortfalls.push({ part: name, phase: 'close', ...ending });
  }
  return shortfalls;
}

type Ending =
  | { readonly why: 'done' }
  | { readonly why: 'fault'; readonly fault: unknown }
  | { readonly why: 'late' };

/** How something ends that is given so much time; it goes on unheard where that is not enough. */
async function within(act: () => Promise<void>, ms: number): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const timer = setTimeout(() => resolve({ why: 'late' }), ms);
  const acted = (async () => act())();
  acted.then(
    () => resolve({ why: 'done' }),
    (fault: unknown) => resolve({ why: 'fault', fault }),
  );
  const ending = await promise;
  clearTimeout(timer);
  return ending;
}
