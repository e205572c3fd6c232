/** Keeps what was found for a few seconds, so that the same question is not asked a hundred times in one. */
export interface Recent<T> {
  /** What was found under a key less than the time to keep ago, or is being looked for now; else what `find` finds. */
  get(key: string, nowMs: number, find: () => Promise<T | undefined>): Promise<T | undefined>;
  /** Forgets all of it, and what is still being looked for. */
  clear(): void;
}

export interface RecentOptions {
  readonly keepMs: number;
  /** How many are kept at most; the oldest go. */
  readonly most: number;
}

/** What is not found is not kept: nobody can fill it with things that are not there. */
export function recentlyFound<T>({ keepMs, most }: RecentOptions): Recent<T> {
  const found = new Map<string, { readonly atMs: number; readonly value: T }>();
  const sought = new Map<string, Promise<T | undefined>>();

  async function seek(key: string, nowMs: number, find: () => Promise<T | undefined>) {
    const seeking = find();
    sought.set(key, seeking);
    try {
      const value = await seeking;
      // Unless it was told to forget meanwhile: then this may be what it should forget.
      if (value !== undefined && sought.get(key) === seeking) keep(key, { atMs: nowMs, value });
      return value;
    } finally {
      if (sought.get(key) === seeking) sought.delete(key);
    }
  }

  function keep(key: string, entry: { readonly atMs: number; readonly value: T }): void {
    found.delete(key);
    found.set(key, entry);
    for (const oldest of found.keys()) {
      if (found.size <= most) return;
      found.delete(oldest);
    }
  }

  return {
    async get(key, nowMs, find) {
      const kept = found.get(key);
      const age = kept === undefined ? Number.NaN : nowMs - kept.atMs;
      // A clock that was set back makes an age of less than nothing, which might last for ever.
      if (kept !== undefined && age >= 0 && age < keepMs) return kept.value;
      return sought.get(key) ?? seek(key, nowMs, find);
    },
    clear() {
      found.clear();
      sought.clear();
    },
  };
}
