/** Work that is done again and again, one round at a time, and at once where somebody asks for it. */
export interface Rounds {
  /** Has the next round begin now, or as soon as the one that is under way has ended. */
  nudge(): void;
  /** Ends after the round that is under way. */
  close(): Promise<void>;
}

/** Makes {@link Rounds} that are at most so many milliseconds apart. What a round throws is told, and the next comes. */
export function rounds(everyMs: number, work: () => Promise<void>, failed: (fault: unknown) => void): Rounds {
  let closed = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  function begin(): void {
    if (closed) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    clearTimeout(timer);
    again = false;
    running = work()
      .catch(failed)
      .finally(() => {
        running = undefined;
        if (again) begin();
        else if (!closed) timer = setTimeout(begin, everyMs);
      });
  }

  begin();
  return {
    nudge: begin,
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
