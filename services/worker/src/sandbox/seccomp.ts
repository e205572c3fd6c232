import { PRIVILEGED_CALLS } from '../trace/privileged-calls.ts';

/**
 * What the kernel lets a rehearsal call at all, as a seccomp profile of the container engine.
 *
 * An engine's own profile refuses privileged calls with an error, and an error wins over tracing (seccomp(2)): the
 * attempt would leave no evidence. Here they say "ask the tracer", who notes them and refuses them; where no
 * tracer answers, the kernel refuses them itself (ENOSYS).
 */
export function seccompProfile(): string {
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    // Only the native calls: the 32-bit ones hide their arguments in memory, where no filter sees them.
    archMap: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'].map((architecture) => ({
      architecture,
      subArchitectures: [],
    })),
    syscalls: [
      { names: Object.values(ALLOWED).flat(), action: 'SCMP_ACT_ALLOW' },
      // The tracer itself runs under this profile and needs these; of the command they are asked for all the same.
      { names: TRACER_NEEDS, action: 'SCMP_ACT_ALLOW' },
      { names: PRIVILEGED_CALLS.filter((call) => !TRACER_NEEDS.includes(call)), action: 'SCMP_ACT_TRACE' },
      { names: UNSUPPORTED_CALLS, action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ...SOCKET_FAMILIES.map((family) => when('socket', ALLOW, { index: 0, is: family })),
      when('socket', TRAP, { index: 0, is: AF_VSOCK }),
      ...PERSONALITIES.map((persona) => when('personality', ALLOW, { index: 0, is: persona })),
      when('clone', ALLOW, { index: 0, bits: SEPARATING, are: 0 }),
      ...bitsOf(SEPARATING).map((bit) => when('clone', TRAP, { index: 0, bits: bit, are: bit })),
      // A listener may let a call pass that another filter would have traced.
      when('seccomp', ALLOW, { index: 1, bits: SECCOMP_FILTER_FLAG_NEW_LISTENER, are: 0 }),
      ...FCNTL_COMMANDS.map((command) => when('fcntl', ALLOW, { index: 1, is: command })),
      ...allowedBut('ioctl', 1, OWNER_REQUESTS),
      ...tcpOptions(),
    ],
  });
}

const ENOSYS = 38;
// A ring carries calls that no filter sees; of clone3 the flags lie in memory. Programs have other ways without them.
const UNSUPPORTED_CALLS = ['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'clone3'];
const TRACER_NEEDS = ['ptrace', 'process_vm_readv', 'process_vm_writev'];

// AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; AF_PACKET, which takes a capability that nobody has here, so that it is seen.
const SOCKET_FAMILIES = [1, 2, 10, 16, 17];
// It reaches the host of a virtual machine, network or not.
const AF_VSOCK = 40;
// Linux, with or without the old memory layout and file name rules, and the question which one it is.
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
// CLONE_NEW… and CLONE_UNTRACED: a namespace of one's own, a child that no tracer follows.
const SEPARATING = 0x7e020000 | 0x00800000;
const SECCOMP_FILTER_FLAG_NEW_LISTENER = 0x8;

// All but F_SETOWN (8), F_SETSIG (10) and F_SETOWN_EX (15): with them a file signals any process of the user, untold.
const FCNTL_COMMANDS = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 14, 16, 17, 36, 37, 38],
  ...[1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031, 1032, 1033, 1034, 1035, 1036, 1037, 1038, 1039, 1040],
];
// FIOSETOWN and SIOCSPGRP do the same.
const OWNER_REQUESTS = [0x8901, 0x8902] as const;

const IPPROTO_TCP = 6;
// TCP_FASTOPEN_CONNECT and TCP_FASTOPEN_NO_COOKIE: connect(2) then succeeds where nobody listens.
const FAST_OPEN = [30, 34] as const;
const ENOPROTOOPT = 92;

const ALLOW = { action: 'SCMP_ACT_ALLOW' };
// The caller gets SIGSYS, and the trace says for which call.
const TRAP = { action: 'SCMP_ACT_TRAP' };
const REFUSE_OPTION = { action: 'SCMP_ACT_ERRNO', errnoRet: ENOPROTOOPT };

type Condition = { readonly index: number } & (
  | { readonly is: number }
  | { readonly bits: number; readonly are: number }
);

/** A rule for a call with these arguments. A filter sees 64 bits where the kernel may take 32: what is refused goes by bits. */
function when(call: string, answer: object, ...conditions: readonly Condition[]) {
  const args = conditions.map((condition) =>
    'is' in condition
      ? { index: condition.index, value: condition.is, op: 'SCMP_CMP_EQ' }
      : { index: condition.index, value: condition.bits, valueTwo: condition.are, op: 'SCMP_CMP_MASKED_EQ' },
  );
  return { names: [call], ...answer, args };
}

const bitsOf = (mask: number): number[] =>
  Array.from({ length: 32 }, (_, place) => 2 ** place).filter((bit) => Math.floor(mask / bit) % 2 === 1);

/** Rules that let a call pass whatever the 32 bits of one argument are, but for two values that differ in their two lowest bits. */
function allowedBut(call: string, index: number, [one, other]: readonly [number, number]) {
  const upper = bitsOf(0xfffffffc).map((bit) => {
    const are = Math.floor(one / bit) % 2 === 1 ? 0 : bit;
    return when(call, ALLOW, { index, bits: bit, are });
  });
  const lower = [0, 1, 2, 3].filter((low) => low !== one % 4 && low !== other % 4);
  return [...upper, ...lower.map((low) => when(call, ALLOW, { index, bits: 3, are: low }))];
}

/** setsockopt(2) but for two options of TCP; level and option are numbers of 32 bits. */
function tcpOptions() {
  const level = (bit: number, are: number): Condition => ({ index: 1, bits: bit, are });
  const otherLevels = bitsOf(0xffffffff).map((bit) =>
    when('setsockopt', ALLOW, level(bit, Math.floor(IPPROTO_TCP / bit) % 2 === 1 ? 0 : bit)),
  );
  const options = Array.from({ length: 64 }, (_, option) => option).filter(
    (option) => !FAST_OPEN.includes(option as 30),
  );
  return [
    ...otherLevels,
    ...options.map((option) =>
      when('setsockopt', ALLOW, { index: 1, is: IPPROTO_TCP }, { index: 2, is: option }),
    ),
    ...FAST_OPEN.map((option) =>
      when('setsockopt', REFUSE_OPTION, { index: 1, is: IPPROTO_TCP }, { index: 2, is: option }),
    ),
  ];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Calls that anybody may make, by what they are about. A name that an architecture lacks is passed over by the engine. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  files: words(`
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fdatasync flock fstat fstatfs fsync ftruncate
    futimesat getcwd getdents getdents64 lchown link linkat lseek lstat mkdir mkdirat mknod mknodat newfstatat open
    openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename
    renameat renameat2 rmdir sendfile splice stat statfs statx symlink symlinkat sync sync_file_range syncfs tee
    truncate umask unlink unlinkat utime utimensat utimes vmsplice write writev name_to_handle_at cachestat`),
  attributes: words(`
    fgetxattr flistxattr fremovexattr fsetxattr getxattr lgetxattr listxattr llistxattr lremovexattr lsetxattr
    removexattr setxattr`),
  waiting: words(`
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 io_cancel io_destroy
    io_getevents io_pgetevents io_setup io_submit poll ppoll pselect6 select signalfd signalfd4 inotify_add_watch
    inotify_init inotify_init1 inotify_rm_watch fanotify_mark pipe pipe2`),
  memory: words(`
    brk madvise membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mprotect mremap msync munlock
    munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages`),
  processes: words(`
    arch_prctl capget capset execve execveat exit exit_group fork vfork getegid geteuid getgid getgroups getpgid getpgrp
    getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid get_robust_list
    get_thread_area kill landlock_add_rule landlock_create_ruleset landlock_restrict_self pidfd_open
    pidfd_send_signal prctl prlimit64 restart_syscall rseq sched_getaffinity sched_getattr sched_getparam
    sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_setaffinity
    sched_setattr sched_setparam sched_setscheduler sched_yield setfsgid setfsuid setgid setgroups setpgid setpriority
    setregid setresgid setresuid setreuid setrlimit setsid set_robust_list set_thread_area set_tid_address setuid
    ioprio_get ioprio_set getcpu tgkill tkill wait4 waitid`),
  signals: words(`
    alarm getitimer pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_tgsigqueueinfo setitimer sigaltstack`),
  synchronisation: words(`
    futex futex_requeue futex_wait futex_waitv futex_wake mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend
    mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget`),
  time: words(`
    clock_getres clock_gettime clock_nanosleep gettimeofday nanosleep time timer_create timer_delete timer_getoverrun
    timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times`),
  sockets: words(`
    accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg sendmsg
    sendto shutdown socketpair`),
  system: words('getrandom sysinfo uname'),
};
