/** Where progress goes: one short line for each long action. */
export interface Say {
  line(text: string): void;
  /** Runs `work` under a label, which is shown at once and closed by the seconds it took. */
  during<T>(label: string, work: () => Promise<T>): Promise<T>;
}

/** The part of a stream that {@link sayTo} writes on. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Speaks on a stream, usually standard error; seconds tick only on a terminal. */
export function sayTo(stream: Terminal): Say {
  return {
    line: (text) => void stream.write(`${text}\n`),
    during: async (label, work) => {
      const began = performance.now();
      const seconds = () => Math.round((performance.now() - began) / 1000);
      stream.write(`${label} … `);
      const tick = () => stream.write(`\r${label} … ${seconds()} s`);
      const ticking = stream.isTTY ? setInterval(tick, 1000) : undefined;
      try {
        const result = await work();
        stream.write(`${stream.isTTY ? `\r${label} … ` : ''}${seconds()} s\n`);
        return result;
      } catch (error) {
        stream.write('\n');
        throw error;
      } finally {
        clearInterval(ticking);
      }
    },
  };
}
