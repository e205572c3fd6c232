import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { Digest } from '@drylane/proto/digest';
import { createPace } from '../evidence/pace.ts';
import { createContentReader } from '../evidence/states.ts';
import { type Entry, joinKey, type PathKey, Tree } from '../evidence/tree.ts';
import { walk } from '../evidence/walk.ts';

/** Which directory of this machine something is, whatever its path leads to by now. */
export interface DirectoryIdentity {
  readonly dev: string;
  readonly ino: string;
}

/** The identity of a directory. @throws Node's system errors. */
export async function identityOf(directory: string): Promise<DirectoryIdentity> {
  const { dev, ino } = await lstat(directory, { bigint: true });
  return { dev: `${dev}`, ino: `${ino}` };
}

/**
 * A digest over everything below a directory that a command could read: names, types, owners, modes, link targets,
 * contents, and inodes and times. All contents are read: what is written through a mapping may leave the times as they
 * are. What is mounted inside is no part of it. Undefined where not everything could be looked at, or it is too much.
 */
export async function fingerprintOf(directory: string): Promise<Digest | undefined> {
  using tree = new Tree(Buffer.from(directory));
  const { directories, unread } = await walk(tree, '', 'leave');
  if ([...unread.values()].some((code) => code !== 'EXDEV')) return undefined;
  const pace = createPace();
  const read = createContentReader();
  const hash = createHash('sha256').update(`${line('', tree.root)}\n`);
  for (const [key, entries] of [...directories].sort(byKey))
    for (const [name, entry] of [...entries].sort(byKey)) {
      const path = joinKey(key, name);
      const { state, complete } = await read(tree, path, entry, 'leave');
      if (!complete) return undefined;
      hash.update(JSON.stringify([line(path, entry), state.target, state.sha256])).update('\n');
      await pace();
    }
  return `sha256:${hash.digest('hex')}`;
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : Number(a > b);

function line(key: PathKey, entry: Entry): string {
  const { type, mode, uid, gid, size, ino, mtimeNs, ctimeNs } = entry;
  // Of a directory its names tell: its own times change with what drylane itself writes beside them.
  const touched = type === 'dir' ? [] : [size, ino, mtimeNs, ctimeNs];
  return JSON.stringify([key, type, mode, uid, gid, ...touched.map(String)]);
}
