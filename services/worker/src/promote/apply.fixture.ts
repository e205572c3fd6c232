import { execFileSync } from 'node:child_process';
import { createHash, hash } from 'node:crypto';
import {
  chmodSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChangeSet, comparePaths, kindOf } from '@drylane/proto/change-set';
import { type Digest, digestOfJson } from '@drylane/proto/digest';
import type { FileState } from '@drylane/proto/evidence';
import { runId } from '@drylane/proto/ids';
import { decodePath, encodePath } from '@drylane/proto/paths';
import { type Member, writeTar } from '../changeset/tar.ts';
import type { ApplyRequest } from './request.ts';

/** One thing in a tree of a test; paths are bytes, one to a character. */
export type Thing = {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
} & (
  | { readonly type: 'file'; readonly text: string }
  | { readonly type: 'dir' }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'fifo' }
);

/** A whole tree: directories before what is in them. */
export type Things = Readonly<Record<string, Thing>>;

export const file = (text: string, more: Omit<Thing, 'type'> = {}): Thing => ({
  type: 'file',
  text,
  ...more,
});
export const dir = (more: Omit<Thing, 'type'> = {}): Thing => ({ type: 'dir', ...more });
export const link = (target: string, more: Omit<Thing, 'type'> = {}): Thing => ({
  ...{ type: 'symlink', target },
  ...more,
});

const pathIn = (root: string, key: string): Buffer =>
  Buffer.from(key === '' ? root : `${root}/${key}`, 'latin1');

/** Makes a tree; its root is there already. */
export function plant(root: string, things: Things): void {
  const all = Object.entries(things);
  for (const [key, thing] of all) plantOne(pathIn(root, key), thing);
  // The deepest first: a directory that is closed takes nothing, and its time is that of its last change.
  for (const [key, thing] of all.toReversed()) dress(pathIn(root, key), thing);
}

function plantOne(path: Buffer, thing: Thing): void {
  if (thing.type === 'file') writeFileSync(path, thing.text);
  else if (thing.type === 'dir') mkdirSync(path, { recursive: true });
  else if (thing.type === 'symlink') symlinkSync(thing.target, path);
  else execFileSync('mkfifo', [path.toString()]);
}

function dress(path: Buffer, { type, mode, uid, gid, mtime }: Thing): void {
  const { uid: ownUid, gid: ownGid } = lstatSync(path);
  if (uid !== undefined || gid !== undefined) lchownSync(path, uid ?? ownUid, gid ?? ownGid);
  if (type !== 'symlink') chmodSync(path, mode ?? (type === 'dir' ? 0o755 : 0o644));
  if (mtime !== undefined) lutimesSync(path, mtime, mtime);
}

/** What stands at one path of a tree. */
export interface Seen {
  readonly state: FileState;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

/** Everything that stands in a tree, its root as '.'. */
export function survey(root: string): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  const pending = [''];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const path = pathIn(root, key);
    const one = see(path);
    seen.set(key === '' ? '.' : encodePath(Buffer.from(key, 'latin1')), one);
    if (one.state.type !== 'dir') continue;
    for (const child of readdirSync(path, 'latin1')) pending.push(key === '' ? child : `${key}/${child}`);
  }
  return new Map([...seen].sort(([a], [b]) => comparePaths(a, b)));
}

function see(path: Buffer): Seen {
  const stats = lstatSync(path, { bigint: true });
  const types = { dir: stats.isDirectory(), file: stats.isFile(), symlink: stats.isSymbolicLink() };
  const type = (['dir', 'file', 'symlink'] as const).find((name) => types[name]) ?? 'fifo';
  const state: FileState = {
    type,
    size: type === 'file' ? Number(stats.size) : 0,
    mode: (stats.mode & 0o7777n).toString(8).padStart(4, '0'),
    ...{ uid: Number(stats.uid), gid: Number(stats.gid) },
    sha256: type === 'file' ? hash('sha256', readFileSync(path)) : null,
    target: type === 'symlink' ? encodePath(readlinkSync(path, 'buffer')) : null,
  };
  return { state, mtimeNs: stats.mtimeNs, ino: stats.ino };
}

/** The states of a tree alone, with their times. */
export function states(root: string): Record<string, unknown> {
  const all = [...survey(root)].map(([path, { state, mtimeNs }]) => {
    const { type, mode, uid, gid, sha256, target } = state;
    return [path, [type, mode, uid, gid, sha256 ?? target, mtimeNs].join(' ')] as const;
  });
  return Object.fromEntries(all);
}

/** The same less the time of the root, for where something still comes and goes in it. */
export const rootUntimed = (all: Record<string, unknown>): Record<string, unknown> => ({
  ...all,
  '.': `${all['.']}`.replace(/ \d+$/, ''),
});

/** The same without times. */
export function timeless(root: string): Record<string, unknown> {
  return Object.fromEntries([...survey(root)].map(([path, { state }]) => [path, state] as const));
}

/** A change set with the bytes that belong to it. */
export interface Made {
  readonly changeSet: ChangeSet;
  readonly digest: Digest;
  readonly layer: Buffer;
  readonly bases: Buffer;
}

/** The change set that makes one tree of the other. Times are said for the paths in `timed`, as in the second tree. */
export async function changeSetBetween(
  before: string,
  after: string,
  timed: readonly string[] = [],
): Promise<Made> {
  const [old, fresh] = [survey(before), survey(after)];
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort(comparePaths);
  const entries = paths.flatMap((path) => {
    const [was, becomes] = [old.get(path)?.state ?? null, fresh.get(path)?.state ?? null];
    const kind = kindOf(was, becomes);
    if (kind === undefined) return [];
    const mtime = timed.includes(path) ? `${fresh.get(path)?.mtimeNs ?? 0n}` : null;
    return [{ path, kind, before: was, after: becomes, mtime }];
  });
  const written = entries.filter((entry) => entry.after?.type === 'file').map(({ path }) => path);
  const modified = entries.filter(({ kind, before: was }) => kind === 'modified' && was?.type === 'file');
  const layer = await tarOf(after, written);
  const bases = await tarOf(
    before,
    modified.map(({ path }) => path),
  );
  const refOf = (bytes: Buffer) => ({
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    size: bytes.length,
  });
  const changeSet = ChangeSet.parse({ version: 1, entries, layer: refOf(layer), bases: refOf(bases) });
  return { changeSet, digest: digestOfJson(changeSet), layer, bases };
}

async function tarOf(root: string, paths: readonly string[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const members = paths.map((path): Member => {
    const name = decodePath(path).toString();
    const size = lstatSync(join(root, name)).size;
    return { type: 'file', name, mode: 0o644, uid: 0, gid: 0, size, mtimeNs: 0n, target: null };
  });
  for await (const chunk of writeTar(members, ({ name }) => readFileSync(join(root, name))))
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes as a stream of pieces that are no files. */
export async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** A place for one test: a base tree, the tree that a rehearsal made of it, and the live workspace. */
export class Place implements Disposable {
  readonly root: string;
  readonly base: string;
  readonly after: string;
  readonly live: string;
  readonly state: string;
  readonly runId = runId(1_700_000_000_000, Buffer.from('0123456789'));

  constructor(base: Things, after: Things, live: Things = base, under: string = tmpdir()) {
    this.root = mkdtempSync(join(under, 'drylane-apply-'));
    this.base = join(this.root, 'base');
    this.after = join(this.root, 'after');
    this.live = join(this.root, 'live');
    this.state = join(this.root, 'state');
    for (const path of [this.base, this.after, this.live, this.state]) mkdirSync(path);
    plant(this.base, base);
    plant(this.after, after);
    plant(this.live, live);
  }

  async request(
    more: Partial<ApplyRequest> & { readonly timed?: readonly string[] } = {},
  ): Promise<ApplyRequest> {
    const { timed, ...rest } = more;
    return this.requestOf(await changeSetBetween(this.base, this.after, timed), rest);
  }

  requestOf({ changeSet, digest, layer, bases }: Made, more: Partial<ApplyRequest> = {}): ApplyRequest {
    return {
      ...{ runId: this.runId, workspace: this.live, stateDir: this.state, merge: false },
      ...{ changeSet, digest, layer: () => inPieces(layer), bases: () => inPieces(bases) },
      ...more,
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
