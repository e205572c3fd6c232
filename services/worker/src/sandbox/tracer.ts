import { PRIVILEGED_CALLS } from '../trace/privileged-calls.ts';

/** Calls that tell which processes there were, whom they signalled, and what they reached for. */
export const WATCHED_CALLS = [
  ...['execve', 'execveat', 'clone', 'fork', 'vfork'],
  ...['connect', 'sendto', 'sendmsg', 'sendmmsg', 'socket'],
  // Which addresses are the container's own: a port that was bound as 0 is told by the other two.
  ...['bind', 'listen', 'getsockname'],
  ...['kill', 'tkill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo', 'pidfd_send_signal'],
  // What may be changed of the tracer without hurting it at once.
  ...[
    'sched_setaffinity',
    'sched_setattr',
    'sched_setparam',
    'sched_setscheduler',
    'setpriority',
    'ioprio_set',
  ],
  // A limit set on the tracer; and strace loses the first call of a program that a thread started, which in glibc's
  // programs is this one and matters to nobody.
  'prlimit64',
  // A filter with a listener would let calls pass untold.
  'seccomp',
] as const;

/** As much of a string is told; a longer one is marked as cut. The kernel takes no longer argument (MAX_ARG_STRLEN). */
const STRING_BYTES = 131_072;

/** Signals that by themselves end no process (signal(7)). */
const HARMLESS_SIGNALS = [
  ...['SIGCHLD', 'SIGCONT', 'SIGURG', 'SIGWINCH'],
  ...['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'],
] as const;

/**
 * The options of strace(1) that its output is read by (`../trace`), as words without blanks. Strings come in hex, so
 * that nothing in them can be taken for the trace itself. Privileged calls are answered by the tracer and never made.
 */
export function tracerOptions(): readonly string[] {
  return [
    ...[
      '-f',
      '--seccomp-bpf',
      '-I',
      'never',
      '-ttt',
      '-a',
      '1',
      '-xx',
      '-yy',
      '-v',
      '-s',
      String(STRING_BYTES),
    ],
    // A death is told only of by signals that are named here; the others kill nobody and are many.
    ...['--quiet=attach,personality', '-e', `signal=!${HARMLESS_SIGNALS.join(',')}`],
    // A call that this architecture lacks is passed over.
    ...['-e', `trace=${[...WATCHED_CALLS, ...PRIVILEGED_CALLS].map((call) => `?${call}`).join(',')}`],
    ...['-e', `inject=${PRIVILEGED_CALLS.map((call) => `?${call}`).join(',')}:error=EPERM`],
  ];
}
