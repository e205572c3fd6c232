import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import type { TreeCalls } from '../evidence/tree.ts';

/**
 * Every system call of a promotion, one method each, so that a test can let any of them fail or be the last one. Calls
 * throw Node's system errors (`code`). A path names an entry of a directory that is held open; unless said otherwise, no
 * link at its end is followed.
 */
export interface Disk extends TreeCalls {
  /** `mode` is that of a file which the flags let it make. */
  open(path: Buffer, flags: number, mode?: number): number;
  /** Makes a new file for its owner alone, and opens it for reading and writing. */
  create(path: Buffer): number;
  read(fd: number, buffer: Buffer): number;
  write(fd: number, bytes: Uint8Array, offset: number): number;
  fsync(fd: number): void;
  truncate(fd: number, length: number): void;
  fchmod(fd: number, mode: number): void;
  fchown(fd: number, uid: number, gid: number): void;
  /** Nanoseconds since 1970; the system gets them to the microsecond. */
  futimes(fd: number, ns: bigint): void;
  /** Follows a link at the path's end: for `/proc/self/fd/N`, which names what is open. */
  chown(path: Buffer, uid: number, gid: number): void;
  /** Follows a link at the path's end, as {@link Disk.chown}. */
  utimes(path: Buffer, ns: bigint): void;
  /** As {@link Disk.utimes}, to the nanosecond, and the time of change alone; takes a process of its own. */
  touch(fd: number, ns: bigint): void;
  lchown(path: Buffer, uid: number, gid: number): void;
  lutimes(path: Buffer, ns: bigint): void;
  mkdir(path: Buffer, mode: number): void;
  symlink(target: Buffer, path: Buffer): void;
  /** A second name for what stands at `from`; fails where anything stands at `to`. */
  link(from: Buffer, to: Buffer): void;
  rename(from: Buffer, to: Buffer): void;
  unlink(path: Buffer): void;
  rmdir(path: Buffer): void;
  mountOf(fd: number): string;
  /** Writes the whole file system of an open directory to its disk. */
  syncAll(fd: number): void;
}

const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;

/** The real system. */
export const realDisk: Disk = {
  open: (path, flags, mode) => openSync(path, flags, mode),
  create: (path) => openSync(path, CREATE, 0o600),
  close: (fd) => closeSync(fd),
  stat: (path) => statSync(path, { bigint: true }),
  fstat: (fd) => fstatSync(fd, { bigint: true }),
  lstat: (path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }),
  readdir: (path) => readdirSync(path, 'latin1'),
  readlink: (path) => readlinkSync(path, 'buffer'),
  read: (fd, buffer) => readSync(fd, buffer, 0, buffer.length, null),
  write: (fd, bytes, offset) => writeSync(fd, bytes, offset, bytes.length - offset, null),
  fsync: (fd) => fsyncSync(fd),
  truncate: (fd, length) => ftruncateSync(fd, length),
  chmod: (path, mode) => chmodSync(path, mode),
  fchmod: (fd, mode) => fchmodSync(fd, mode),
  chown: (path, uid, gid) => chownSync(path, uid, gid),
  fchown: (fd, uid, gid) => fchownSync(fd, uid, gid),
  lchown: (path, uid, gid) => lchownSync(path, uid, gid),
  utimes: (path, ns) => utimesSync(path, secondsOf(ns), secondsOf(ns)),
  futimes: (fd, ns) => futimesSync(fd, secondsOf(ns), secondsOf(ns)),
  lutimes: (path, ns) => lutimesSync(path, secondsOf(ns), secondsOf(ns)),
  mkdir: (path, mode) => mkdirSync(path, { mode }),
  symlink: (target, path) => symlinkSync(target, path),
  link: (from, to) => linkSync(from, to),
  rename: (from, to) => renameSync(from, to),
  unlink: (path) => unlinkSync(path),
  rmdir: (path) => rmdirSync(path),
  mountOf,
  syncAll: (fd) => run('sync', ['-f', '/proc/self/fd/3'], fd),
  touch: (fd, ns) => run('touch', ['-c', '-m', '-d', `@${secondsOf(ns)}`, '/proc/self/fd/3'], fd),
};

/** Decimal seconds as text: as a number, Node takes what lies before 1970 for now. */
function secondsOf(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  return `${ns < 0n ? '-' : ''}${size / 1_000_000_000n}.${String(size % 1_000_000_000n).padStart(9, '0')}`;
}

/** See proc(5), /proc/pid/fdinfo: bind mounts of one file system share its device number, and differ in this one. */
function mountOf(fd: number): string {
  return /^mnt_id:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? 'unknown';
}

/** Runs a tool of coreutils, without a shell, with `fd` as its descriptor 3. */
function run(tool: string, args: readonly string[], fd: number): void {
  const { error, status } = spawnSync(tool, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw Object.assign(new Error(`EIO: ${tool} was refused`), { code: 'EIO' });
}
