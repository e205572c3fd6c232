/** Does one thing at a time about each key, in the order in which it was asked for. */
export type Turns = <T>(key: string, act: () => Promise<T>) => Promise<T>;

/** Makes turns that know nothing yet. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return async (key, act) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(act, act);
    const ended = turn.catch(() => undefined);
    last.set(key, ended);
    try {
      return await turn;
    } finally {
      if (last.get(key) === ended) last.delete(key);
    }
  };
}
