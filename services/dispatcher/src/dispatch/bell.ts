/** Tells those in this process who follow a run that something has happened to it; of other processes nobody hears here. */
export interface Bell {
  ring(run: string): void;
  /** Listens from now on, until it is disposed of. */
  listen(run: string): Ear;
}

export interface Ear extends Disposable {
  /** Answers when it has rung since the last answer, after so many milliseconds, or when the signal comes. */
  heard(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  const ears = new Map<string, Set<() => void>>();
  return {
    ring(run) {
      for (const tell of ears.get(run) ?? []) tell();
    },
    listen(run) {
      let hasRung = false;
      let wake = (): void => undefined;
      const tell = (): void => {
        hasRung = true;
        wake();
      };
      const others = ears.get(run) ?? new Set();
      ears.set(run, others.add(tell));
      return {
        async heard(ms, signal) {
          if (!hasRung && !signal.aborted) {
            const { promise, resolve } = Promise.withResolvers<void>();
            wake = resolve;
            const timer = setTimeout(resolve, ms);
            signal.addEventListener('abort', wake, { once: true });
            await promise;
            clearTimeout(timer);
            signal.removeEventListener('abort', wake);
          }
          hasRung = false;
        },
        [Symbol.dispose]() {
          others.delete(tell);
          if (others.size === 0) ears.delete(run);
        },
      };
    },
  };
}
