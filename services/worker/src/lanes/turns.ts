/** Does one thing at a time about each key, in the order in which it was asked for. */
export interface Turns {
  <T>(key: string, act: () => Promise<T>): Promise<T>;
  /** Whether something is being done about a key. */
  isBusy(key: string): boolean;
}

/** Makes turns that know nothing yet. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  async function turns<T>(key: string, act: () => Promise<T>): Promise<T> {
    const turn = (last.get(key) ?? Promise.resolve()).then(act, act);
    const ended = turn.catch(() => undefined);
    last.set(key, ended);
    try {
      return await turn;
    } finally {
      if (last.get(key) === ended) last.delete(key);
    }
  }

  return Object.assign(turns, { isBusy: (key: string) => last.has(key) });
}
