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
  readonly #root: number;
  readonly #held = new Map<PathKey, number>();
  /** The directory asked for last, which is never the one unused for longest. */
  #last: { readonly key: PathKey; readonly fd: number };

  /** `unlocking`: whether a root that its owner cannot read is made readable; see {@link Tree.unlock}. */
  constructor(root: Buffer, unlocking: Unlocking = 'leave') {
    this.root = toEntry(statSync(root, { bigint: true }));
    this.#root = openRoot(root, this.root, unlocking);
    this.#last = { key: '', fd: this.#root };
  }

  /** The names in a directory, as latin1. */
  list(directory: PathKey): string[] {
    return readdirSync(`/proc/self/fd/${this.#open(directory)}`, 'latin1');
  }

  /** What stands at a path; undefined where nothing does. */
  entry(key: PathKey): Entry | undefined {
    if (key === '') return this.root;
    const stats = lstatSync(this.#locate(key), { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? undefined : toEntry(stats);
  }

  /** Where a symbolic link points, in bytes. */
  target(key: PathKey): Buffer {
    return readlinkSync(this.#locate(key), 'buffer');
  }

  /**
   * Opens a regular file for reading; the caller closes it. Throws code ESTALE when what was opened is not what
   * `expected` told of.
   */
  openFile(key: PathKey, expected: Entry): number {
    const fd = openSync(this.#locate(key), FILE);
    const found = toEntry(fstatSync(fd, { bigint: true }));
    if (found.type === 'file' && found.ino === expected.ino && found.size === expected.size) return fd;
    closeSync(fd);
    throw systemError('ESTALE');
  }

  /** Makes a file or directory readable to its owner. Only for a tree that is thrown away, and is at rest. */
  unlock(key: PathKey, entry: Entry): void {
    if (entry.type === 'file' || entry.type === 'dir')
      chmodSync(this.#locate(key), entry.mode | (entry.type === 'dir' ? 0o700 : 0o400));
  }

  [Symbol.dispose](): void {
    for (const fd of this.#held.values()) closeSync(fd);
    this.#held.clear();
    closeSync(this.#root);
  }

  #locate(key: PathKey): Buffer {
    return Buffer.from(`/proc/self/fd/${this.#open(parentOf(key))}/${nameOf(key)}`, 'latin1');
  }

  /** The open directory at a path: held from before, or reached from the nearest one that is. */
  #open(directory: PathKey): number {
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
    const fd = openSync(Buffer.from(`/proc/self/fd/${parent}/${name}`, 'latin1'), DIRECTORY);
    if (fstatSync(fd, { bigint: true }).dev === this.root.dev) return fd;
    closeSync(fd);
    // An overlay does not show what is mounted inside the lower tree: reading it would tell of another directory.
    throw systemError('EXDEV');
  }

  /** Keeps a directory open as the last one used, and closes the one unused for longest. */
  #hold(key: PathKey, fd: number): void {
    this.#held.delete(key);
    this.#held.set(key, fd);
    if (this.#held.size <= HELD) return;
    for (const [oldest, stale] of this.#held) {
      this.#held.delete(oldest);
      closeSync(stale);
      return;
    }
  }
}

function openRoot(path: Buffer, root: Entry, unlocking: Unlocking): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  try {
    return openSync(path, flags);
  } catch (cause) {
    if (unlocking === 'leave') throw cause;
    chmodSync(path, root.mode | 0o700);
    return openSync(path, flags);
  }
}

const systemError = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

function toEntry(stats: BigIntStats): Entry {
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

const nameOf = (key: PathKey): string => key.slice(key.lastIndexOf('/') + 1);

/** The bytes of a path. */
export const keyBytes = (key: PathKey): Buffer => Buffer.from(key, 'latin1');
