import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Cleans up before a signal ends the process; until the answer is disposed of. A second signal does not wait. */
export function onInterrupt(cleanUp: () => Promise<void>): Disposable {
  const stop = (signal: (typeof SIGNALS)[number]): void => {
    for (const name of SIGNALS) process.off(name, stop);
    const end = (): never => process.exit(128 + constants.signals[signal]);
    cleanUp().then(end, end);
  };
  for (const name of SIGNALS) process.once(name, stop);
  return {
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}

/**
 * Ends the process as Ctrl-C does, where a terminal that is read key by key passes it on as a key: what cleans up
 * before a signal cleans up first. It never answers, so that nothing goes on as if somebody had.
 */
export function interrupted(): Promise<never> {
  if (!process.emit('SIGINT', 'SIGINT')) process.exit(128 + constants.signals.SIGINT);
  return new Promise(() => undefined);
}
