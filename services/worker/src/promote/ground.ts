import { constants } from 'node:fs';
import { DrylaneError } from '@drylane/proto/errors';
import { pathOf } from '../evidence/keys.ts';
import { type PathKey, Tree, toEntry } from '../evidence/tree.ts';
import type { Disk } from './disk.ts';
import type { Stamp } from './effect.ts';

/**
 * Directories of the workspace held open at once: what landed in one of them is undone there, wherever it was moved
 * meanwhile. With those of the other trees it stays below what any process may have open.
 */
const HELD = 256;

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** From <fcntl.h> on Linux; Node does not name it. Opens a name for what stands there, whatever it is. */
const O_PATH = 0o10000000;

/** A workspace that is held open, and the system it is reached by. */
export class Ground implements Disposable {
  readonly disk: Disk;
  readonly workspace: string;
  /** The root's descriptor, which also carries the lock. */
  readonly root: number;
  /** The tree as apply walks it: directories stay open once they were reached. */
  readonly live: Tree;

  /** @throws Node's system errors, as when there is no such directory. */
  constructor(disk: Disk, workspace: string) {
    this.disk = disk;
    this.workspace = workspace;
    this.root = disk.open(Buffer.from(workspace), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      this.live = this.#tree(this.root, HELD);
    } catch (cause) {
      disk.close(this.root);
      throw cause;
    }
  }

  /** The same tree, reached anew from its root; the caller disposes of it. */
  fresh(): Tree {
    return this.#tree(this.root);
  }

  /** Opens a directory that stands right in the root or in `parent` as a tree of its own. */
  open(name: string, parent: number = this.root): Tree {
    const fd = this.disk.open(Buffer.from(`/proc/self/fd/${parent}/${name}`), DIRECTORY);
    try {
      return this.#tree(fd);
    } finally {
      this.disk.close(fd);
    }
  }

  /** What stands at a path; undefined where nothing does, in a directory that is there. */
  look(tree: Tree, key: PathKey): Stamp | undefined {
    const stats = key === '' ? this.disk.fstat(tree.directory('')) : this.disk.lstat(tree.at(key));
    return stats === undefined ? undefined : stampOf(stats);
  }

  /** What is open. */
  stampOf(fd: number): Stamp {
    return stampOf(this.disk.fstat(fd));
  }

  /** Opens a name for whatever stands at a path, a link itself too; for looking and for `/proc/self/fd` only. */
  grasp(tree: Tree, key: PathKey): number {
    const path = key === '' ? Buffer.from(`/proc/self/fd/${tree.directory('')}/.`) : tree.at(key);
    const fd = this.disk.open(path, O_PATH | constants.O_NOFOLLOW);
    try {
      if (this.disk.mountOf(fd) === this.disk.mountOf(this.root)) return fd;
    } catch (cause) {
      this.disk.close(fd);
      throw cause;
    }
    this.disk.close(fd);
    throw Object.assign(new Error('EXDEV: mounted from elsewhere'), { code: 'EXDEV' });
  }

  /** Whether the workspace's path still leads to what is held open. */
  isInPlace(): boolean {
    const [there, here] = [this.disk.stat(Buffer.from(this.workspace)), this.disk.fstat(this.root)];
    return there.ino === here.ino && there.dev === here.dev;
  }

  [Symbol.dispose](): void {
    this.live[Symbol.dispose]();
    this.disk.close(this.root);
  }

  #tree(fd: number, held?: number): Tree {
    const options = { calls: this.disk, ...(held === undefined ? {} : { held }) };
    return new Tree(Buffer.from(`/proc/self/fd/${fd}`), 'leave', options);
  }
}

function stampOf(stats: ReturnType<Disk['fstat']>): Stamp {
  const { type, mode, uid, gid, size, ino, mtimeNs, ctimeNs } = toEntry(stats);
  return { type, mode, uid, gid, size, nlink: Number(stats.nlink), ino, mtimeNs, ctimeNs };
}

/** Opens a workspace. @throws DrylaneError `machine-unfit` when it cannot be. */
export function openGround(disk: Disk, workspace: string): Ground {
  try {
    return new Ground(disk, workspace);
  } catch (cause) {
    throw unfit('', cause);
  }
}

/** The system's code of an error; undefined for any other error. */
export function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || cause instanceof DrylaneError || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' && /^E[A-Z0-9]+$/.test(cause.code) ? cause.code : undefined;
}

const MENDS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'make room, and apply again'],
  EDQUOT: ['the quota of the disk is used up', 'make room, and apply again'],
  EROFS: ['the file system is read-only', 'mount it writable, and apply again'],
  EACCES: ['permission was denied', 'apply as the owner of the workspace, or as root'],
  EPERM: ['the system does not allow it', 'apply as the owner of the workspace, or as root'],
  EIO: ['the disk failed to read or write', 'check the disk, and apply again'],
  EXDEV: ['the file system cannot move it', 'see that nothing is mounted there, and that it is no overlay'],
  EMFILE: ['too many files are open', 'raise the limit of open files: ulimit -n'],
};

/** What the system refused, as an error for a person; any other error is an error of ours. */
export function unfit(key: PathKey, cause: unknown): DrylaneError {
  if (cause instanceof DrylaneError) return cause;
  const field = pathOf(key);
  const code = codeOf(cause);
  if (code === undefined) {
    const message = 'something went wrong inside drylane; nothing of the change set landed';
    return new DrylaneError('internal', { field, message, mend: 'report it' }, { cause });
  }
  const [message, mend] = MENDS[code] ?? [`the system answered ${code}`, 'mend that, and apply again'];
  return new DrylaneError('machine-unfit', { field, message, mend }, { cause });
}
