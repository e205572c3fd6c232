import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../promote/ground.ts';
import { currentOwner } from '../sandbox/owner.ts';

/** A tree that stays where it is until it is given back. */
export interface Lease extends Disposable {
  readonly directory: string;
}

/**
 * The directories of a cache, which several processes may share without a lock:
 *
 *     entries/KEY/{about,leases/HOLDER.N,tree/}   going/HOLDER.ID   making/HOLDER.ID   holders/HOLDER
 *
 * To take a tree is to make a file in its `leases`, and to see that it is there. To take it out, `leases` is renamed first,
 * so that no more can be made; if one is in it then, it is renamed back. A process that dies in between is followed by any
 * other. All calls are synchronous: within one process nothing comes in between.
 */
export interface Shelf {
  readonly root: string;
  /** Who takes leases here. */
  readonly holder: string;
  readonly now: () => number;
}

/** What is written down beside a tree: the boot under which it was written, and how much of the disk it takes. */
export interface About {
  readonly boot: string;
  readonly bytes: number;
}

/** Makes what of the directories is not there. */
export function makeShelf(root: string): void {
  for (const name of ['entries', 'going', 'making', 'holders'])
    mkdirSync(join(root, name), { recursive: true, mode: 0o700 });
}

export const holdersOf = (root: string): string => join(root, 'holders');

/** Takes a lease on a tree. `closing`: somebody is about to take it out, or died at it. */
export function takeLease({ root, holder, now }: Shelf, key: string): Lease | 'absent' | 'closing' {
  const entry = join(root, 'entries', key);
  const leases = join(entry, 'leases');
  const file = join(leases, `${holder}.${randomUUID()}`);
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
    return existsSync(entry) ? 'closing' : 'absent';
  }
  // `leases` may have been renamed after its name was looked up, and before the file was made in it.
  if (!existsSync(file)) return 'closing';
  return leaseOf(entry, file, now);
}

/** The lease that a file stands for; to take and to give it back are uses of the tree. */
function leaseOf(entry: string, file: string, now: () => number): Lease {
  const leases = join(entry, 'leases');
  touch(leases, now());
  const give = (): void => {
    rmSync(file, { force: true });
    touch(leases, now());
  };
  return { directory: join(entry, 'tree'), [Symbol.dispose]: give };
}

/** Sets the time by which the cache knows what was unused for longest. */
function touch(leases: string, ms: number): void {
  try {
    utimesSync(leases, ms / 1000, ms / 1000);
  } catch (cause) {
    // Another process is looking into it at this moment; a use is forgotten, and nothing else.
    if (codeOf(cause) !== 'ENOENT') throw cause;
  }
}

/** A new directory for a tree in the making, which nobody looks at before {@link place}. */
export function newEntry({ root, holder }: Shelf): string {
  const entry = join(root, 'making', `${holder}.${randomUUID()}`);
  mkdirSync(join(entry, 'leases'), { recursive: true, mode: 0o700 });
  return entry;
}

/** Puts a tree that is whole where all find it, with a lease on it; undefined where another process was faster. */
export function place(shelf: Shelf, entry: string, key: string, bytes: number): Lease | undefined {
  const about: About = { boot: currentOwner().boot, bytes };
  writeFileSync(join(entry, 'about'), `${about.boot} ${about.bytes}\n`, { mode: 0o600 });
  const name = `${shelf.holder}.${randomUUID()}`;
  writeFileSync(join(entry, 'leases', name), '', { mode: 0o600 });
  const standing = join(shelf.root, 'entries', key);
  try {
    renameSync(entry, standing);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return undefined;
    throw cause;
  }
  return leaseOf(standing, join(standing, 'leases', name), shelf.now);
}
