const MOST_LINES = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** Lines of processes of which nobody knows yet who made them. */
export interface Waiting {
  /** Keeps a copy; false if there are too many. */
  add(pid: number, line: Buffer): boolean;
  /** Hands the lines of a process out, in their order. */
  take(pid: number): readonly Buffer[];
  has(pid: number): boolean;
  /** Which processes wait. */
  pids(): readonly number[];
}

/** Makes a place for lines that wait. */
export function waitingLines(): Waiting {
  const lines = new Map<number, Buffer[]>();
  let count = 0;
  let bytes = 0;
  return {
    add: (pid, line) => {
      if (count >= MOST_LINES || bytes + line.length > MOST_BYTES) return false;
      const mine = lines.get(pid) ?? [];
      mine.push(Buffer.from(line));
      lines.set(pid, mine);
      count += 1;
      bytes += line.length;
      return true;
    },
    take: (pid) => {
      const mine = lines.get(pid) ?? [];
      lines.delete(pid);
      count -= mine.length;
      bytes -= mine.reduce((sum, line) => sum + line.length, 0);
      return mine;
    },
    has: (pid) => lines.has(pid),
    pids: () => [...lines.keys()],
  };
}
