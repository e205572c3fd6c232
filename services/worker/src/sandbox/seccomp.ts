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
      ...SOCKET_FAMILIES.map((family) => allowedWhen('socket', { index: 0, is: family })),
      ...PERSONALITIES.map((persona) => allowedWhen('personality', { index: 0, is: persona })),
      allowedWhen('clone', { index: 0, lacks: CLONE_NEW | CLONE_UNTRACED }),
      // A listener may let a call pass that another filter would have traced.
      allowedWhen('seccomp', { index: 1, lacks: SECCOMP_FILTER_FLAG_NEW_LISTENER }),
    ],
  });
}

const ENOSYS = 38;
// A ring carries calls that no filter sees; of clone3 the flags lie in memory. Programs have other ways without them.
const UNSUPPORTED_CALLS = ['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'clone3'];
const TRACER_NEEDS = ['ptrace', 'process_vm_readv', 'process_vm_writev'];

// AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; AF_PACKET, which takes a capability that nobody has here, so that it is seen.
// Not AF_VSOCK above all: it reaches the host of a virtual machine.
const SOCKET_FAMILIES = [1, 2, 10, 16, 17];
// Linux, with or without the old memory layout and file name rules, and the question which one it is.
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
const CLONE_NEW = 0x7e020000;
const CLONE_UNTRACED = 0x00800000;
const SECCOMP_FILTER_FLAG_NEW_LISTENER = 0x8;

type Condition = { readonly index: number } & ({ readonly is: number } | { readonly lacks: number });

function allowedWhen(call: string, condition: Condition) {
  const { index } = condition;
  const test =
    'is' in condition
      ? { index, value: condition.is, op: 'SCMP_CMP_EQ' }
      : { index, value: condition.lacks, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' };
  return { names: [call], action: 'SCMP_ACT_ALLOW', args: [test] };
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Calls that anybody may make, by what they are about. A name that an architecture lacks is passed over by the engine. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  files: words(`
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync flock fstat fstatfs fsync ftruncate
    futimesat getcwd getdents getdents64 ioctl lchown link linkat lseek lstat mkdir mkdirat mknod mknodat newfstatat open
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
    sendto setsockopt shutdown socketpair`),
  system: words('getrandom sysinfo uname'),
};
