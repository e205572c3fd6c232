import type { Rehearsal } from '@drylane/proto/rehearsal';
import { expect } from 'vitest';
import { family } from './pair.ts';

const CLONE_NEWUSER = 0x10000000;

/** Shell text that makes a system call by its number on this kind of machine; the call must fail. */
function syscall(
  numbers: { readonly x64: number; readonly arm64: number },
  ...args: readonly string[]
): string {
  const number = process.arch === 'arm64' ? numbers.arm64 : numbers.x64;
  const given = ['', ...args].join(', ');
  return `python3 -c 'import ctypes, sys; sys.exit(0 if ctypes.CDLL(None).syscall(${number}${given}) < 0 else 99)'; [ $? != 99 ]`;
}

/** Tries to open each file for writing, writes a line to those that open, and names the ones that took it. */
const overwrite = (line: string, ...patterns: readonly string[]): string =>
  `for f in ${patterns.join(' ')}; do (echo '${line}' >> "$f") 2>/dev/null && echo "TOOK $f"; done; exit 1`;

// What opens for writing is enough of a proof, and harms nobody if it does.
const OPEN_FOR_WRITING = `python3 -c '
import os
for top in ("/proc/sys", "/sys", "/proc/irq", "/proc/fs"):
    for directory, _, names in os.walk(top):
        for path in [os.path.join(directory, name) for name in names] + ["/proc/sysrq-trigger"]:
            try: os.close(os.open(path, os.O_WRONLY)); print("TOOK", path)
            except OSError: pass'; exit 1`;

function tookNothing({ evidence }: Rehearsal): void {
  expect(evidence.stdout.text).not.toContain('TOOK');
  expect(evidence.exit_code).toBe(1);
}

const tried =
  (...calls: readonly string[]) =>
  ({ evidence }: Rehearsal) => {
    const names = evidence.privileged.map(({ syscall: name }) => name);
    expect(names.some((name) => calls.includes(name))).toBe(true);
  };

family('privilege', (hostile) => {
  const privileged = { finds: ['privileged-attempt'] };
  const mounts = { control: 'cat /proc/mounts; ls /mnt', ...privileged };
  const mounting = tried('mount', 'fsopen', 'open_tree');
  hostile('mounting', { ...mounts, attack: 'mount -t tmpfs none /mnt; true', denied: mounting }, 'a tmpfs');
  hostile('mounting', { ...mounts, attack: 'mount -t proc proc /mnt; true', denied: mounting }, 'proc');
  hostile('mounting', { ...mounts, attack: 'mount -o bind / /mnt; true', denied: mounting }, 'the root');
  hostile('mounting', { ...mounts, attack: 'umount -l "$PWD"; true', denied: tried('umount2') }, 'off');

  const spaces = { control: 'readlink /proc/self/ns/user', ...privileged };
  hostile('unsharing', { ...spaces, attack: 'unshare -Urm true; true', denied: tried('unshare') }, 'unshare');
  hostile(
    'unsharing',
    { ...spaces, attack: 'nsenter --user=/proc/self/ns/user true; true', denied: tried('setns') },
    'nsenter',
  );
  hostile(
    'unsharing',
    {
      control: spaces.control,
      attack: `python3 -c 'import ctypes, os, sys
pid = ctypes.CDLL(None).syscall(${process.arch === 'arm64' ? 220 : 56}, ${CLONE_NEWUSER} | 17, 0, 0, 0, 0)
if pid == 0: os._exit(0)
sys.exit(1 if pid < 0 else 0)'; true`,
      denied: tried('clone'),
      ...privileged,
    },
    'clone',
  );
  hostile('loading modules', {
    control: 'cat /proc/filesystems > /dev/null',
    attack: syscall({ x64: 313, arm64: 273 }, '0', 'b""', '0'),
    denied: tried('finit_module'),
    ...privileged,
  });
  hostile('ptrace', {
    control: 'cat /proc/self/stat > /dev/null',
    attack: `python3 -c 'import ctypes; ctypes.CDLL(None).ptrace(0, 0, None, None)'; true`,
    denied: tried('ptrace'),
    ...privileged,
  });
  hostile('bpf', {
    control: 'cat /proc/sys/kernel/unprivileged_bpf_disabled > /dev/null',
    attack: syscall({ x64: 321, arm64: 280 }, '0', 'b"x" * 72', '72'),
    denied: tried('bpf'),
    ...privileged,
  });

  hostile('cgroup writes', {
    control: 'cat /proc/self/cgroup > /dev/null',
    attack: `mkdir /sys/fs/cgroup/memory/evil /sys/fs/cgroup/evil && echo TOOK a group; ${overwrite('-1', '$(find /sys/fs/cgroup -type f 2>/dev/null)')}`,
    denied: tookNothing,
  });
  hostile('/proc/sys writes', {
    control: 'cat /proc/sys/kernel/hostname > /dev/null',
    attack: OPEN_FOR_WRITING,
    denied: tookNothing,
  });
  hostile('core_pattern', {
    control: 'cat /proc/sys/kernel/core_pattern > /dev/null',
    attack: overwrite('|/evil', '/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe'),
    denied: tookNothing,
  });
  hostile(
    'docker.sock',
    {
      control: 'ls /run > /dev/null',
      attack: 'find / -xdev -type s | grep .',
      denied: ({ evidence }) => expect(evidence.stdout.text).toBe(''),
    },
    'is nowhere',
  );
  hostile(
    'docker.sock',
    {
      control: 'ls /run > /dev/null',
      attack: 'curl -s --unix-socket /var/run/docker.sock http://engine/containers/json; true',
      finds: ['undeclared-network'],
      denied: ({ evidence }) =>
        expect(evidence.network).toMatchObject([
          { protocol: 'unix', address: '/var/run/docker.sock', program: 'curl' },
        ]),
    },
    'is tried',
  );
  hostile('release_agent', {
    control: 'grep -c cgroup /proc/filesystems',
    attack:
      'mkdir /tmp/c; mount -t cgroup -o rdma cgroup /tmp/c; unshare -UrC true; echo /evil > /tmp/c/release_agent; echo 1 > /tmp/c/notify_on_release; true',
    denied: mounting,
    ...privileged,
  });
  hostile('overwriting /proc/self/exe', {
    control: 'readlink /proc/self/exe',
    attack: overwrite('evil', '/proc/[0-9]*/exe', '/.drylane/busybox', '/.drylane/strace', '/.drylane/lib/*'),
    denied: tookNothing,
  });
  hostile(
    'overwriting /proc/self/exe',
    {
      control: 'ls -l /bin/sh',
      // The next process that an engine would start in here is, by this, whatever starts it.
      attack:
        'for shell in /bin/sh /bin/bash; do rm $shell; printf "#!/proc/self/exe\\n" > $shell; done; true',
      finds: ['outside-workspace'],
    },
    'by the name of a shell',
  );
});
