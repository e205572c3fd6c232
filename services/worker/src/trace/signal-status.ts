/** Signal numbers by name, as Linux numbers them on every machine we run on (signal(7)). */
const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};

const FIRST_REAL_TIME = 32;

/** The exit status by which a shell tells of a death by a signal that the tracer named. */
export function signalStatus(name: string): number {
  const realTime = /^SIGRT_(\d{1,2})$/.exec(name);
  const number = realTime ? FIRST_REAL_TIME + Number(realTime[1]) : NUMBERS[name];
  return number === undefined ? 128 : 128 + number;
}
