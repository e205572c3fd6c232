import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../promote/ground.ts';
import { currentOwner } from '../sandbox/owner.ts';
import type { CachedTree } from './eviction.ts';
import { mayHold } from './holder.ts';
import { type About, holdersOf, type Shelf } from './shelf.ts';

/** All trees that stand. */
export function listTrees(shelf: Shelf): readonly CachedTree[] {
  return readdirSync(join(shelf.root, 'entries')).flatMap((key) => {
    const entry = join(shelf.root, 'entries', key);
    const about = readAbout(entry);
    try {
      const name = readdirSync(entry).find((one) => one === 'leases' || one.startsWith(CLOSED));
      if (about === undefined || name === undefined) return [];
      const inUse = isClosing(shelf, name) || isInUse(shelf, join(entry, name));
      return [{ key, bytes: about.bytes, usedMs: statSync(join(entry, name)).mtimeMs, inUse }];
    } catch (cause) {
      // It went meanwhile.
      if (codeOf(cause) === 'ENOENT') return [];
      throw cause;
    }
  });
}

/** The trees that may not be what they were: written under another boot, they may never have reached the disk. */
export function doubtfulTrees({ root }: Shelf): readonly string[] {
  const { boot } = currentOwner();
  const keys = readdirSync(join(root, 'entries'));
  return keys.filter((key) => readAbout(join(root, 'entries', key))?.boot !== boot);
}

/** What is written down beside a tree; undefined where that cannot be read, or is something else. */
function readAbout(entry: string): About | undefined {
  try {
    const [, boot, bytes] = ABOUT.exec(readFileSync(join(entry, 'about'), 'utf8')) ?? [];
    return boot === undefined || bytes === undefined ? undefined : { boot, bytes: Number(bytes) };
  } catch {
    return undefined;
  }
}

const ABOUT = /^([0-9a-f]{8}) (\d{1,15})\n$/;

const CLOSED = 'closed.';

/** Takes a tree out, if nobody uses it; answers where it went, to be removed. */
export function takeOut(shelf: Shelf, key: string): string | undefined {
  const entry = join(shelf.root, 'entries', key);
  const closed = join(entry, `${CLOSED}${shelf.holder}`);
  if (close(shelf, entry, closed)) {
    if (isInUse(shelf, closed)) {
      renameSync(closed, join(entry, 'leases'));
      return undefined;
    }
  } else if (!isBare(entry)) return undefined;
  const gone = join(shelf.root, 'going', `${shelf.holder}.${randomUUID()}`);
  renameSync(entry, gone);
  return gone;
}

/** Goes on with a tree that a dead process was about to take out: puts its leases back in place. */
export function reopen(shelf: Shelf, key: string): void {
  const entry = join(shelf.root, 'entries', key);
  const closed = join(entry, `${CLOSED}${shelf.holder}`);
  if (followDead(shelf, entry, closed)) renameSync(closed, join(entry, 'leases'));
}

/** Whether a tree has nowhere to put a lease: the machine stopped before all of it was written. */
function isBare(entry: string): boolean {
  return (
    existsSync(entry) && !readdirSync(entry).some((name) => name === 'leases' || name.startsWith(CLOSED))
  );
}

function close(shelf: Shelf, entry: string, closed: string): boolean {
  return renamed(join(entry, 'leases'), closed) || followDead(shelf, entry, closed);
}

/** Takes over what a dead process had closed; of several that try, the rename lets one. */
function followDead(shelf: Shelf, entry: string, closed: string): boolean {
  if (!existsSync(entry)) return false;
  const dead = readdirSync(entry).filter((name) => name.startsWith(CLOSED) && !isClosing(shelf, name));
  return dead.some((name) => renamed(join(entry, name), closed));
}

/** Whether a living process has renamed the leases of a tree to this name. */
const isClosing = ({ root }: Shelf, name: string): boolean =>
  name.startsWith(CLOSED) && mayHold(holdersOf(root), name.slice(CLOSED.length));

function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw cause;
  }
}

/** Whether a living process has a lease; those of dead ones are taken away, which is no use of the tree. */
function isInUse({ root }: Shelf, leases: string): boolean {
  const names = readdirSync(leases);
  const dead = names.filter((name) => !mayHold(holdersOf(root), name.slice(0, name.lastIndexOf('.'))));
  if (dead.length > 0) {
    const { atimeMs, mtimeMs } = statSync(leases);
    for (const name of dead) rmSync(join(leases, name), { force: true });
    utimesSync(leases, atimeMs / 1000, mtimeMs / 1000);
  }
  return dead.length < names.length;
}

/** What dead processes left half made or half removed. */
export function leftovers({ root }: Shelf): readonly string[] {
  return ['going', 'making'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => !mayHold(holdersOf(root), name.slice(0, name.lastIndexOf('.'))))
      .map((name) => join(root, folder, name)),
  );
}
