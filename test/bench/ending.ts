/** Takes something down before this process ends, if it is told to end while the answer is not disposed of. */
export function takenDown(what: AsyncDisposable): Disposable {
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await what[Symbol.asyncDispose]();
    process.kill(process.pid, signal);
  };
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.once(signal, end);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, end);
    },
  };
}
