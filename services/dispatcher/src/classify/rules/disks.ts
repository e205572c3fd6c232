import { all, any, asksOnly, flag, hasTarget, not, operand, verb } from './conditions.ts';
import type { Rule } from './rule.ts';

const quiet = not(asksOnly);

export const DISKS: readonly Rule[] = [
  {
    id: 'formats-disk',
    programs:
      'mkfs mkswap wipefs fdisk sfdisk cfdisk gdisk sgdisk parted partprobe blkdiscard hdparm cryptsetup badblocks mdadm zpool zfs lvremove vgremove pvremove lvreduce lvcreate vgcreate pvcreate lvextend lvresize vgreduce pvmove diskutil dmsetup tune2fs resize2fs e2fsck fsck xfs_repair xfs_admin debugfs btrfs bcachefs nvme flashrom grub-install efibootmgr newfs growpart swapoff fsck.ext4 mke2fs dd_rescue ddrescue sg_format zramctl',
    when: all(
      quiet,
      not(
        all(
          (c) => /^(fdisk|sfdisk|gdisk|parted|diskutil|mdadm|zramctl|cryptsetup)$/.test(c.program),
          (c) => /^(-l|--list|-D|--detail|-Q|-E|--examine|--query|--print)$/.test(c.args[0]?.text ?? ''),
        ),
      ),
      any(hasTarget, flag('-a', '-I')),
      not(
        verb(
          'list',
          'status',
          'get',
          'print',
          'luksDump',
          'info',
          'table',
          'ls',
          'deps',
          'isLuks',
          'history',
          'filesystem show',
          'subvolume list',
        ),
      ),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'formats, partitions or changes disks',
    matches: [
      'mkfs.ext4 /dev/sdb1',
      'wipefs -a /dev/sda',
      'parted /dev/sda mklabel gpt',
      'zpool destroy tank',
    ],
    not_matches: ['fdisk -l', 'zpool status', 'mkfs --version', 'dmsetup ls', 'mdadm --query /dev/md0'],
  },
  {
    id: 'mounts',
    programs:
      'swapon mount umount fusermount bindfs mount.nfs udisksctl autofs cifs mount.cifs losetup squashfuse',
    when: all(
      any(hasTarget, flag('-a', '--all')),
      not(
        all(
          (c) => c.program === 'losetup',
          (c) => c.operands.length === 0,
          not(flag('-D', '-d', '-f')),
        ),
      ),
    ),
    dimension: 'write',
    points: 4,
    message: 'attaches or detaches file systems',
    matches: ['mount /dev/sdb1 /mnt', 'umount /mnt', 'umount -a'],
    not_matches: ['mount', 'mount -l', 'losetup -a', 'mount -t tmpfs'],
  },
  {
    id: 'hides-process',
    programs: 'mount',
    when: operand(/^\/proc\//),
    dimension: 'blast_radius',
    points: 7,
    message: 'hides a process behind another one',
    matches: ['mount -B /proc/1 /proc/2'],
    not_matches: ['mount /dev/sdb1 /mnt', 'mount -t proc proc x'],
  },
  {
    id: 'changes-kernel',
    programs:
      'modprobe insmod rmmod sysctl kmod bpftool bpftrace kpatch dkms setpci kexec crash stap perf bcc ldattach',
    when: any(
      all(
        (c) => /^(modprobe|insmod|rmmod|kpatch|setpci|kexec|ldattach|stap)$/.test(c.program),
        hasTarget,
        not(flag('--show-depends -c')),
      ),
      all(
        (c) => c.program === 'sysctl',
        any(flag('-w', '-p', '--write', '--load', '--system'), operand(/=/)),
      ),
      verb('load', 'unload', 'install', 'remove', 'add', 'prog load', 'build'),
      all((c) => c.program === 'bpftrace', not(flag('-l', '--info', '--version'))),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'changes the kernel or its settings',
    matches: ['sudo modprobe zram', 'sysctl -w net.ipv4.ip_forward=1', 'insmod a.ko'],
    not_matches: ['sysctl -a', 'kmod list'],
  },
  {
    id: 'fires-sysrq',
    programs: '',
    when: (c) =>
      c.effects.find((e) =>
        /^\/proc\/(sysrq-trigger|sys\/kernel\/(core_pattern|modprobe|sysrq))|release_agent$|^\/sys\/kernel/.test(
          e.target.text,
        ),
      )?.target,
    dimension: 'blast_radius',
    points: 9,
    message: 'writes to a switch of the kernel',
    matches: ['echo b > /proc/sysrq-trigger', 'echo x > /proc/sys/kernel/core_pattern'],
    not_matches: ['cat /proc/cpuinfo'],
  },
];
