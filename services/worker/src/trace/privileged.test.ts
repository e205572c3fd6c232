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

test('a keeper that a signal ended was tampered with, before the shell ended or after', () => {
  const killed: readonly [number, string] = [KEEPER, '+++ killed by SIGKILL +++'];
  for (const lines of [
    [...BEGIN, killed, ...END],
    [...BEGIN, ...END, killed],
  ])
    expect(traced(said(lines))).toMatchObject({ tampering: true, complete: false });
  expect(traced(said([...BEGIN, ...END, [KEEPER, '+++ exited with 0 +++']])).tampering).toBe(false);
});

test('a signal to a process that has ended is not one to a stranger', () => {
  expect(
    tracedShell([fork(20), [20, '+++ exited with 0 +++'], 'kill(20, SIGTERM) = -1 ESRCH (No such process)'])
      .privileged,
  ).toEqual([]);
});
