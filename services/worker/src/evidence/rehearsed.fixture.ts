import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change, FileState, FileType } from '@drylane/proto/evidence';
import { decodePath, encodePath, pathRules } from '@drylane/proto/paths';
import { mountOverlay, unmountOverlay } from '../sandbox/overlay.ts';
import type { WorkspaceView } from '../sandbox/sandbox.ts';
import { type Attribution, createAttribution } from './attribution.ts';
import { type ObservedChanges, observeChanges } from './changes.ts';

/** A workspace under a real overlay, in which tests do what commands do. */
export interface Rehearsed {
  readonly lower: string;
  readonly upper: string;
  readonly merged: string;
  readonly view: WorkspaceView;
  readonly attribution: Attribution;
  /** Runs bash in the view. */
  run(script: string): void;
  observe(expected?: readonly string[], forbidden?: readonly string[]): Promise<ObservedChanges>;
  end(): Promise<void>;
}

/** Makes a workspace with a bash script and mounts an overlay over it. */
export async function rehearse(prepare: string, sizeBytes: number = 64 * 2 ** 20): Promise<Rehearsed> {
  const base = mkdtempSync(join(tmpdir(), 'drylane-changes-'));
  const lower = join(base, 'lower');
  const dir = join(base, 'run');
  mkdirSync(lower, { mode: 0o755 });
  mkdirSync(dir);
  bash(lower, prepare);
  const { uid, gid, mode } = lstatSync(lower);
  const { upper, merged } = await mountOverlay({ lower, dir, sizeBytes, uid, gid, mode: mode & 0o7777 });
  const attribution = createAttribution(Buffer.from(upper));
  const view: WorkspaceView = {
    lower: Buffer.from(lower),
    upper: Buffer.from(upper),
    names: async (directories) =>
      new Map(directories.map((d) => [d.toString('latin1'), readdirSync(under(merged, d), 'buffer')])),
  };
  return {
    ...{ lower, upper, merged, view, attribution },
    run: (script) => bash(merged, script),
    observe: (expected = ['**'], forbidden = []) =>
      observeChanges(view, pathRules(expected, forbidden), attribution, () => null),
    end: async () => {
      await unmountOverlay(dir);
      rmSync(base, { recursive: true });
    },
  };
}

/** Makes the socket that is its first argument; perl is part of every Debian. */
const SOCKET =
  'socket_at() { perl -MSocket -e \'socket(S, PF_UNIX, SOCK_STREAM, 0) or die; bind(S, sockaddr_un($ARGV[0])) or die\' -- "$1"; }';

function bash(cwd: string, script: string): void {
  execFileSync('bash', ['-ec', `umask 022; ${SOCKET}\n${script}`], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 60_000,
  });
}

function under(root: string, key: Buffer): Buffer {
  return key.length === 0 ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), key]);
}

/** Every path of a tree with its state, read in the plainest way there is; keys are latin1, the root is ''. */
export type Snapshot = ReadonlyMap<string, FileState>;

export function snapshot(root: string): Snapshot {
  const states = new Map<string, FileState>();
  const visit = (key: string): void => {
    const path = under(root, Buffer.from(key, 'latin1'));
    const stats = lstatSync(path);
    const type = typeOf(stats);
    states.set(key, {
      type,
      size: type === 'file' ? stats.size : 0,
      mode: (stats.mode & 0o7777).toString(8).padStart(4, '0'),
      uid: stats.uid,
      gid: stats.gid,
      sha256: type === 'file' ? createHash('sha256').update(readFileSync(path)).digest('hex') : null,
      target: type === 'symlink' ? encodePath(readlinkSync(path, 'buffer')) : null,
    });
    if (type === 'dir')
      for (const name of readdirSync(path, 'latin1')) visit(key === '' ? name : `${key}/${name}`);
  };
  visit('');
  return states;
}

function typeOf(stats: Stats): FileType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'symlink';
  return stats.isFIFO() ? 'fifo' : 'socket';
}

const keyOf = (change: Change): string =>
  change.path === '.' ? '' : decodePath(change.path).toString('latin1');

/**
 * What a snapshot becomes by the reported changes alone. Only the inside of collapsed additions is taken from
 * `merged`, since a report does not list it.
 */
export function applied(before: Snapshot, changes: readonly Change[], merged: Snapshot): Snapshot {
  const states = new Map(before);
  const removeBelow = (key: string) => {
    for (const path of [...states.keys()]) if (path.startsWith(`${key}/`)) states.delete(path);
  };
  for (const change of changes) {
    if (change.before?.type === 'dir' && change.after?.type !== 'dir') removeBelow(keyOf(change));
    if (change.after === null) states.delete(keyOf(change));
  }
  for (const change of changes) {
    if (change.after === null) continue;
    states.set(keyOf(change), change.after);
    if (change.entries > 1)
      for (const [path, state] of merged) if (path.startsWith(`${keyOf(change)}/`)) states.set(path, state);
  }
  for (const key of [...states.keys()]) addImplied(states, key);
  return states;
}

function addImplied(states: Map<string, FileState>, key: string): void {
  const parent = key.slice(0, Math.max(0, key.lastIndexOf('/')));
  if (key === '' || states.has(parent)) return;
  addImplied(states, parent);
  const above = states.get(parent.slice(0, Math.max(0, parent.lastIndexOf('/'))));
  const owner = { uid: above?.uid ?? 0, gid: above?.gid ?? 0 };
  states.set(parent, { type: 'dir', size: 0, mode: '0755', ...owner, sha256: null, target: null });
}
