const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Waits for a thing that starts, and has it taken down before this process ends where that is told to end: while it starts,
 * and until what is answered is disposed of. It is taken down once, and only SIGKILL cuts that short.
 */
export async function takenDown<T extends AsyncDisposable>(starting: Promise<T>): Promise<T> {
  let [down, ending]: Promise<void>[] = [];
  const takeDown = (started: T): Promise<void> => {
    down ??= Promise.resolve(started[Symbol.asyncDispose]());
    return down;
  };
  const off = (): void => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    try {
      // What does not start has taken itself down.
      await starting.then(takeDown, () => undefined);
    } finally {
      off();
      process.kill(process.pid, signal);
    }
  };
  const heard = (signal: NodeJS.Signals): void => {
    ending ??= end(signal);
  };
  // Whoever used it fails when it goes away: this process shall end by the signal, and not before by that.
  const over = async (): Promise<void> => {
    if (ending === undefined) off();
    await ending;
  };
  for (const signal of SIGNALS) process.on(signal, heard);
  try {
    const started = await starting;
    const dispose = () => takeDown(started).finally(over);
    return { ...started, [Symbol.asyncDispose]: dispose };
  } catch (fault) {
    await over();
    throw fault;
  }
}
