import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import type { FileType } from '@drylane/proto/evidence';

/** A path relative to a tree's root, its bytes held one to a character (latin1); the root is ''. */
export type PathKey = string;

/** What `lstat` says of one entry. */
export interface Entry {
  readonly type: FileType;
  /** The mark that overlayfs leaves for a name that was removed: character device 0:0. */
  readonly whiteout: boolean;
  /** Permission bits, set-id and sticky bits included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; inexact past 2^53, which no file that can be read has. */
  readonly size: number;
  readonly rdev: bigint;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Whether to make our own unreadable entries readable; never for a tree that belongs to someone else. */
export type Unlocking = 'unlock' | 'leave';

/** The directories held open at once, in one tree. */
const HELD = 64;

/** The system calls that a tree is read with. */
export interface TreeCalls {
  open(path: Buffer, flags: number): number;
  close(fd: number): void;
  stat(path: Buffer): BigIntStats;
  fstat(fd: number): BigIntStats;
  /** Undefined where nothing stands. */
  lstat(path: Buffer): BigIntStats | undefined;
  readdir(path: string): string[];
  readlink(path: Buffer): Buffer;
  chmod(path: Buffer, mode: number): void;
  /**
   * A name for the mount that an open directory belongs to. Without it, what is mounted from the same file system
   * cannot be told from a directory of the tree.
   */
  mountOf?(fd: number): string;
}

const REAL_CALLS: TreeCalls = {
  open: (path, flags) => openSync(path, flags),
  close: (fd) => closeSync(fd),
  stat: (path) => statSync(path, { bigint: true }),
  fstat: (fd) => fstatSync(fd, { bigint: true }),
  lstat: (path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }),
  readdir: (path) => readdirSync(path, 'latin1'),
  readlink: (path) => readlinkSync(path, 'buffer'),
  chmod: (path, mode) => chmodSync(path, mode),
};

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * A directory tree on this host that someone hostile may have shaped. Every step down opens one name in a
 * directory that is already open, never through a symbolic link and never onto another file system, so that no
 * path can lead out of the tree and none is too long. Calls throw Node's system errors (`code`).
 *
 * Calls are synchronous: for many small files that is four times faster than the thread pool.
 */
export class Tree implements Disposable {
  readonly root: Entry;
  readonly #calls: TreeCalls;
  readonly #mount: string | undefined;
  readonly #most: number;
  readonly #root: number;
  readonly #held = new Map<PathKey, number>();
  /** The directory asked for last, which is never the one unused for longest. */
  #last: { readonly key: PathKey; readonly fd: number };

  /**
   * `unlocking`: whether a root that its owner cannot read is made readable; see {@link Tree.unlock}. `held`: the
   * directories kept open at once.
   */
  constructor(
    root: Buffer,
    unlocking: Unlocking = 'leave',
    { calls = REAL_CALLS, held = HELD }: { readonly calls?: TreeCalls; readonly held?: number } = {},
  ) {
    this.#calls = calls;
    this.#most = held;
    this.root = toEntry(calls.stat(root));
    this.#root = openRoot(calls, root, this.root, unlocking);
    try {
      this.#mount = calls.mountOf?.(this.#root);
    } catch (cause) {
      calls.close(this.#root);
      throw cause;
    }
    this.#last = { key: '', fd: this.#root };
  }

  /** The names in a directory, as latin1. */
  list(directory: PathKey): string[] {
    return this.#calls.readdir(`/proc/self/fd/${this.directory(directory)}`);
  }

  /** What stands at a path; undefined where nothing does. */
  entry(key: PathKey): Entry | undefined {
    if (key === '') return this.root;
    const stats = this.#calls.lstat(this.at(key));
    return stats === undefined ? undefined : toEntry(stats);
  }

  /** Where a symbolic link points, in bytes. */
  target(key: PathKey): Buffer {
    return this.#calls.readlink(this.at(key));
  }

  /**
   * Opens a regular file for reading; the caller closes it. Throws code ESTALE when what was opened is not what
   * `expected` told of.
   */
  openFile(key: PathKey, expected: Pick<Entry, 'ino' | 'size'>): number {
    const fd = this.#calls.open(this.at(key), FILE);
    let isIt = false;
    try {
      const found = toEntry(this.#calls.fstat(fd));
      isIt = found.type === 'file' && found.ino === expected.ino && found.size === expected.size;
    } finally {
      if (!isIt) this.#calls.close(fd);
    }
    if (isIt) return fd;
    throw systemError('ESTALE');
  }

  /** Makes a file or directory readable to its owner. Only for a tree that is thrown away, and is at rest. */
  unlock(key: PathKey, entry: Entry): void {
    if (entry.type === 'file' || entry.type === 'dir')
      this.#calls.chmod(this.at(key), entry.mode | (entry.type === 'dir' ? 0o700 : 0o400));
  }

  [Symbol.dispose](): void {
    for (const fd of this.#held.values()) this.#calls.close(fd);
    this.#held.clear();
    this.#calls.close(this.#root);
  }

  /**
   * The name of a path in its open directory, for one system call that follows no link at its end. It holds until
   * this tree is asked for anything else.
   */
  at(key: PathKey): Buffer {
    return Buffer.from(`/proc/self/fd/${this.directory(parentOf(key))}/${nameOf(key)}`, 'latin1');
  }

  /**
   * The open directory at a path: held from before, or reached from the nearest one that is. It stays the tree's, and
   * open until the tree is asked for anything else.
   */
  directory(directory: PathKey): number {
    if (directory === this.#last.key) return this.#last.fd;
    this.#last = { key: '', fd: this.#root };
    const missing: PathKey[] = [];
    let at = directory;
    for (; at !== '' && !this.#held.has(at); at = parentOf(at)) missing.push(at);
    let fd = this.#held.get(at) ?? this.#root;
    if (at !== '') this.#hold(at, fd);
    for (let key = missing.pop(); key !== undefined; key = missing.pop()) {
      fd = this.#step(fd, nameOf(key));
      this.#hold(key, fd);
    }
    this.#last = { key: directory, fd };
    return fd;
  }

  #step(parent: number, name: string): number {
    const fd = this.#calls.open(Buffer.from(`/proc/self/fd/${parent}/${name}`, 'latin1'), DIRECTORY);
    let belongs = false;
    try {
      belongs = this.#belongs(fd);
    } finally {
      if (!belongs) this.#calls.close(fd);
    }
    if (belongs) return fd;
    // An overlay does not show what is mounted inside the lower tree: reading it would tell of another directory.
    throw systemError('EXDEV');
  }

  #belongs(fd: number): boolean {
    if (this.#calls.fstat(fd).dev !== this.root.dev) return false;
    return this.#mount === undefined || this.#calls.mountOf?.(fd) === this.#mount;
  }

  /** Keeps a directory open as the last one used, and closes the one unused for longest. */
  #hold(key: PathKey, fd: number): void {
    this.#held.delete(key);
    this.#held.set(key, fd);
    if (this.#held.size <= this.#most) return;
    for (const [oldest, stale] of this.#held) {
      this.#held.delete(oldest);
      this.#calls.close(stale);
      return;
    }
  }
}

function openRoot(calls: TreeCalls, path: Buffer, root: Entry, unlocking: Unlocking): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  try {
    return calls.open(path, flags);
  } catch (cause) {
    if (unlocking === 'leave') throw cause;
    calls.chmod(path, root.mode | 0o700);
    return calls.open(path, flags);
  }
}

const systemError = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

/** What a tree tells of an entry, from what the system says of it. */
export function toEntry(stats: BigIntStats): Entry {
  return {
    type: typeOf(stats),
    whiteout: stats.isCharacterDevice() && stats.rdev === 0n,
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: Number(stats.size),
    rdev: stats.rdev,
    dev: stats.dev,
    ino: stats.ino,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
  };
}

function typeOf(stats: BigIntStats): FileType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  return 'device';
}

/** The path of one name in a directory. */
export const joinKey = (directory: PathKey, name: string): PathKey =>
  directory === '' ? name : `${directory}/${name}`;

/** The directory that a path stands in. */
export const parentOf = (key: PathKey): PathKey => key.slice(0, Math.max(0, key.lastIndexOf('/')));

/** The last part of a path. */
export const nameOf = (key: PathKey): string => key.slice(key.lastIndexOf('/') + 1);

/** The bytes of a path. */
export const keyBytes = (key: PathKey): Buffer => Buffer.from(key, 'latin1');
