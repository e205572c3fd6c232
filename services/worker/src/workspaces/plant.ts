import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Digest } from '@drylane/proto/digest';
import type { Member, ReadMember } from '../changeset/tar.ts';
import { keyOfPath, pathOf } from '../evidence/keys.ts';
import { createPace } from '../evidence/pace.ts';
import { type PathKey, Tree } from '../evidence/tree.ts';
import { realDisk } from '../promote/disk.ts';
import { removeTree } from '../sandbox/remove-tree.ts';
import type { TreeLimits } from './limits.ts';
import { diskBytes, manifestOf, type SnapshotEntry, snapshotDigest } from './manifest.ts';
import { createPlacer } from './places.ts';
import { refused, systemRefused } from './refuse.ts';

/** How a tree is made. */
export interface Planting {
  readonly limits: Pick<TreeLimits, 'entries' | 'bytes' | 'depth'>;
  /** To whom all of it shall belong, whatever the tar says; null: to whoever runs this. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** A tree that stands. */
export interface Planted {
  readonly digest: Digest;
  /** About how much of the disk it takes. */
  readonly bytes: number;
}

/** What a directory gets in the end; until then it is its maker's alone. */
interface Finish {
  readonly mode: number;
  readonly mtimeNs: bigint | null;
}

/** The root, and directories that no member names. */
const PLAIN: Finish = { mode: 0o755, mtimeNs: null };
const PERMISSIONS = 0o7777;

/**
 * Makes a directory, which must not be there yet, and all members in it: all or nothing. Names are opened one by one, from
 * directories that are open already, and through no link. `check` is told what stands, and may still refuse it.
 * @throws DrylaneError: any that `members` throws, `bad-input` for what is refused, `machine-unfit` for what the system
 * refuses; nothing is left then.
 */
export async function plantTree(
  directory: string,
  members: AsyncIterable<ReadMember>,
  { limits, owner }: Planting,
  check: (planted: Planted) => void = () => undefined,
): Promise<Planted> {
  make(directory);
  try {
    using tree = new Tree(Buffer.from(directory));
    const entries: SnapshotEntry[] = [];
    const finishes = new Map<PathKey, Finish>([['', PLAIN]]);
    const place = createPlacer(limits);
    const pace = createPace();
    for await (const { member, content } of members) {
      const { key, missing, made } = place(member);
      for (const parent of missing) entries.push(makeDirectory(tree, parent, finishes));
      if (member.type === 'directory' && key !== '') {
        if (!made) entries.push(makeDirectory(tree, key, finishes));
        finishes.set(key, { mode: member.mode & PERMISSIONS, mtimeNs: member.mtimeNs });
      } else if (member.type === 'file') entries.push(await makeFile(tree, key, { member, content }, owner));
      else if (member.type === 'symlink') entries.push(makeLink(tree, key, member, owner));
      await pace();
    }
    await finishDirectories(tree, finishes, owner);
    const manifest = manifestOf(entries.map((entry) => withMode(entry, finishes)));
    const planted = { digest: await snapshotDigest(manifest), bytes: diskBytes(manifest) };
    check(planted);
    return planted;
  } catch (cause) {
    await removeTree(directory);
    throw systemRefused('workspace', cause);
  }
}

function make(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    throw systemRefused('workspace', cause);
  }
}

function makeDirectory(tree: Tree, key: PathKey, finishes: Map<PathKey, Finish>): SnapshotEntry {
  realDisk.mkdir(tree.at(key), 0o700);
  finishes.set(key, PLAIN);
  return entryOf(key, 'dir', PLAIN.mode);
}

async function makeFile(
  tree: Tree,
  key: PathKey,
  { member, content }: ReadMember,
  owner: Planting['owner'],
): Promise<SnapshotEntry> {
  const fd = realDisk.create(tree.at(key));
  try {
    const sum = createHash('sha256');
    let size = 0;
    if (member.size > 0)
      for await (const chunk of content) {
        for (let at = 0; at < chunk.length; ) at += realDisk.write(fd, chunk, at);
        sum.update(chunk);
        size += chunk.length;
      }
    if (size !== member.size) throw refused(member.name, 'is not as long as was said', 'pack it again');
    // A change of owner takes bits of the mode away, so the mode comes after it.
    if (owner !== null) realDisk.fchown(fd, owner.uid, owner.gid);
    const mode = member.mode & PERMISSIONS;
    realDisk.fchmod(fd, mode);
    realDisk.futimes(fd, member.mtimeNs);
    return { ...entryOf(key, 'file', mode), size, sha256: sum.digest('hex') };
  } finally {
    realDisk.close(fd);
  }
}

function makeLink(tree: Tree, key: PathKey, member: Member, owner: Planting['owner']): SnapshotEntry {
  const target = Buffer.from(member.target ?? '');
  realDisk.symlink(target, tree.at(key));
  if (owner !== null) realDisk.lchown(tree.at(key), owner.uid, owner.gid);
  realDisk.lutimes(tree.at(key), member.mtimeNs);
  return { ...entryOf(key, 'symlink', 0o777), target: pathOf(target.toString('latin1')) };
}

function entryOf(key: PathKey, type: SnapshotEntry['type'], mode: number): SnapshotEntry {
  const octal = mode.toString(8).padStart(4, '0');
  return { path: pathOf(key), type, mode: octal, size: 0, sha256: null, target: null };
}

/** A directory may be told after what is below it, so its mode is known at the end only. */
function withMode(entry: SnapshotEntry, finishes: ReadonlyMap<PathKey, Finish>): SnapshotEntry {
  if (entry.type !== 'dir') return entry;
  const { mode } = finishes.get(keyOfPath(entry.path)) ?? PLAIN;
  return { ...entry, mode: mode.toString(8).padStart(4, '0') };
}

/** Gives directories their owners, modes and times, the innermost first: nothing is made in one that was closed. */
async function finishDirectories(
  tree: Tree,
  finishes: ReadonlyMap<PathKey, Finish>,
  owner: Planting['owner'],
): Promise<void> {
  const pace = createPace();
  for (const key of [...finishes.keys()].sort().reverse()) {
    const { mode, mtimeNs } = finishes.get(key) ?? PLAIN;
    const fd = tree.directory(key);
    if (owner !== null) realDisk.fchown(fd, owner.uid, owner.gid);
    realDisk.fchmod(fd, mode);
    if (mtimeNs !== null) realDisk.futimes(fd, mtimeNs);
    await pace();
  }
}
