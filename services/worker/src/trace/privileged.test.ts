import { expect, test } from 'vitest';
import { BEGIN, END, KEEPER, SHELL, said, traced, tracedShell } from './trace.fixture.ts';

const fork = (pid: number): string => `clone(child_stack=NULL, flags=SIGCHLD) = ${pid}`;

test.each([
  [
    'a refused call',
    'mount("\\x61", "\\x62", "\\x63", 0, NULL) = -1 EPERM (Operation not permitted) (INJECTED)',
    ['mount'],
  ],
  [
    'asking to be traced',
    'ptrace(PTRACE_TRACEME) = -1 EPERM (Operation not permitted) (INJECTED)',
    ['ptrace'],
  ],
  [
    'a raw socket',
    'socket(AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)',
    ['socket'],
  ],
  [
    'a packet socket',
    'socket(AF_PACKET, SOCK_DGRAM, htons(0x3)) = -1 EPERM (Operation not permitted)',
    ['socket'],
  ],
  ['a netlink socket', 'socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3<NETLINK:[1]>', []],
  [
    'a namespace',
    'clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD) = -1 EPERM (Operation not permitted)',
    ['clone'],
  ],
  ['a ring', 'io_uring_setup(8, {}) = -1 ENOSYS (Function not implemented) (INJECTED)', []],
  ['a signal to nobody', 'kill(4321, SIGTERM) = -1 ESRCH (No such process)', ['kill']],
  ['a question about nobody', 'kill(4321, 0) = -1 ESRCH (No such process)', []],
  ['a signal to oneself', `kill(${SHELL}, SIGTERM) = 0`, []],
  ['a signal to the own group', 'kill(0, SIGTERM) = 0', []],
  ['a signal to all', 'kill(-1, SIGTERM) = 0', ['kill']],
  ['a signal to a group of the trace', `kill(-${SHELL}, SIGTERM) = 0`, []],
  ['a signal to another group', 'kill(-4321, SIGTERM) = -1 ESRCH (No such process)', ['kill']],
  ['a signal by an unknown handle', 'pidfd_send_signal(3, SIGTERM, NULL, 0) = 0', ['pidfd_send_signal']],
  ['own limits', 'prlimit64(0, RLIMIT_NOFILE, {rlim_cur=1, rlim_max=1}, NULL) = 0', []],
])('%s', (_, call, expected) => {
  const { privileged, complete } = tracedShell([call, call]);
  expect(privileged.map(({ syscall }) => syscall)).toEqual(expected);
  expect(complete).toBe(true);
});

test.each([
  'kill(1, SIGTERM) = 0',
  `kill(${KEEPER}, SIGSTOP) = 0`,
  `kill(-${KEEPER}, SIGSTOP) = 0`,
  'tkill(1, SIGTERM) = 0',
  'tgkill(1, 1, SIGTERM) = 0',
  'rt_sigqueueinfo(1, SIGTERM, {}) = -1 EPERM (Operation not permitted)',
  'pidfd_send_signal(3<pid:1>, SIGTERM, NULL, 0) = 0',
  'prlimit64(1, RLIMIT_AS, {rlim_cur=0, rlim_max=0}, NULL) = 0',
])('%s is tampering', (call) => {
  const { tampering, complete, privileged } = tracedShell([call]);
  expect({ tampering, complete }).toEqual({ tampering: true, complete: false });
  expect(privileged).toHaveLength(1);
});

test('a keeper that a signal ended, or that ended before the shell, was tampered with', () => {
  const killed: readonly [number, string] = [KEEPER, '+++ killed by SIGKILL +++'];
  for (const lines of [
    [...BEGIN, killed, ...END],
    [...BEGIN, ...END, killed],
  ])
    expect(traced(said(lines))).toMatchObject({ tampering: true, complete: false });
  const left: readonly [number, string] = [KEEPER, '+++ exited with 0 +++'];
  expect(traced(said([...BEGIN, left, ...END]))).toMatchObject({ tampering: true, complete: false });
  expect(traced(said([...BEGIN, ...END, left])).tampering).toBe(false);
});

test('a signal to a process that has ended is not one to a stranger', () => {
  expect(
    tracedShell([fork(20), [20, '+++ exited with 0 +++'], 'kill(20, SIGTERM) = -1 ESRCH (No such process)'])
      .privileged,
  ).toEqual([]);
});

const AIMED: readonly ((pid: number) => string)[] = [
  (pid) => `sched_setaffinity(${pid}, 8, [0]) = 0`,
  (pid) => `sched_setattr(${pid}, {size=48, sched_policy=SCHED_IDLE, sched_flags=0}, 0) = 0`,
  (pid) => `sched_setscheduler(${pid}, SCHED_IDLE, [0]) = 0`,
  (pid) => `sched_setparam(${pid}, [0]) = 0`,
  (pid) => `setpriority(PRIO_PROCESS, ${pid}, 19) = 0`,
  (pid) => `setpriority(PRIO_PGRP, ${pid}, 19) = 0`,
  (pid) => `ioprio_set(IOPRIO_WHO_PROCESS, ${pid}, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)) = 0`,
  (pid) => `ioprio_set(IOPRIO_WHO_PGRP, ${pid}, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)) = 0`,
  (pid) => `prlimit64(${pid}, RLIMIT_AS, {rlim_cur=0, rlim_max=0}, NULL) = 0`,
];

test.each(AIMED.map((call) => [call(1).slice(0, -4), call] as const))(
  '%s: at what watches it is tampering, at a stranger privileged, at its own nothing',
  (_, call) => {
    const told = (pid: number): unknown => {
      const { privileged, tampering, gaps } = tracedShell([fork(20), call(pid)]);
      return { privileged: privileged.length, tampering, gaps: gaps.length };
    };
    for (const pid of [1, KEEPER]) expect(told(pid)).toEqual({ privileged: 1, tampering: true, gaps: 1 });
    for (const pid of [0, SHELL, 20]) expect(told(pid)).toEqual({ privileged: 0, tampering: false, gaps: 0 });
    expect(told(4321)).toEqual({ privileged: 1, tampering: false, gaps: 0 });
  },
);

test.each(['setpriority(PRIO_USER, 0, 19) = 0', 'ioprio_set(IOPRIO_WHO_USER, 1000, 0) = 0'])(
  '%s is aimed at the tracer too',
  (call) => expect(tracedShell([call])).toMatchObject({ tampering: true, privileged: [{}] }),
);

const trap = (fields: string): string => `--- SIGSYS {si_signo=SIGSYS, ${fields}} ---`;
const KILLED: readonly [number, string] = [20, '+++ killed by SIGSYS +++'];
const BY_FILTER = 'si_code=SYS_SECCOMP, si_call_addr=0x7f01';

test.each([
  [`${BY_FILTER}, si_syscall=__NR_clone, si_arch=AUDIT_ARCH_X86_64`, ['clone']],
  [`${BY_FILTER}, si_syscall=__NR_socket, si_arch=AUDIT_ARCH_AARCH64`, ['socket']],
  [`${BY_FILTER}, si_syscall=__NR_clone, si_arch=AUDIT_ARCH_I386`, ['syscall']],
  [`${BY_FILTER}, si_syscall=0x40000027, si_arch=AUDIT_ARCH_X86_64`, ['syscall']],
  ['si_code=SI_USER, si_pid=20, si_uid=0', []],
])('%s: a call that was answered with a signal is privileged by its name', (fields, expected) => {
  const survived = tracedShell([fork(20), [20, trap(fields)], [20, '+++ exited with 0 +++']]);
  expect(survived.privileged.map(({ syscall }) => syscall)).toEqual(expected);
  const killed = tracedShell([fork(20), [20, trap(fields)], KILLED]);
  const told = expected.length === 0 ? ['syscall'] : expected;
  expect(killed.privileged.map(({ syscall }) => syscall)).toEqual(told);
  expect([...survived.gaps, ...killed.gaps]).toEqual([]);
});

test('a process that such a signal ended without a word made a call without a name', () => {
  expect(tracedShell([fork(20), KILLED]).privileged).toMatchObject([{ syscall: 'syscall', pid: 20 }]);
  expect(tracedShell([fork(20), [20, '+++ killed by SIGTERM +++']]).privileged).toEqual([]);
});
