/** Signal names by number, as Linux numbers them on every machine we run on (signal(7)). */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

/** The signal that an exit status above 128 stands for by the shell's convention, or null. */
export function signalName(exitCode: number | null): string | null {
  return exitCode === null ? null : (SIGNALS[exitCode - 128] ?? null);
}
