import type { ChangeSetEntry } from '@drylane/proto/change-set';
import { keyOfPath } from '../evidence/keys.ts';
import type { PathKey } from '../evidence/tree.ts';

/**
 * An entry of a change set and how it gets there: by itself, as part of a tree that is built and put in place whole, or
 * as part of a tree that is taken away whole.
 */
export interface Rooted {
  readonly key: PathKey;
  readonly entry: ChangeSetEntry;
  readonly within: 'itself' | 'made' | 'gone';
  /** The topmost entry of its tree: its own key, unless it is part of a tree. */
  readonly root: PathKey;
}

/** Finds the trees among a change set's entries, which are in order: a tree's root comes right before its parts. */
export function findRoots(entries: readonly ChangeSetEntry[]): Rooted[] {
  let tree: { readonly root: PathKey; readonly within: 'made' | 'gone' } | null = null;
  return entries.map((entry) => {
    const key = keyOfPath(entry.path);
    if (tree !== null && key.startsWith(`${tree.root}/`)) return { key, entry, ...tree };
    const within = treeOf(entry);
    tree = within === null ? null : { root: key, within };
    return { key, entry, within: 'itself', root: key };
  });
}

function treeOf({ before, after }: ChangeSetEntry): 'made' | 'gone' | null {
  const [was, becomes] = [before?.type === 'dir', after?.type === 'dir'];
  if (was === becomes) return null;
  return was ? 'gone' : 'made';
}

/** Why a change set cannot land anywhere; undefined where nothing speaks against it. Rehearsals make no such sets. */
export function incoherence(rooted: readonly Rooted[]): { path: string; message: string } | undefined {
  for (const { key, entry, within } of rooted) {
    const { path, kind, before, after } = entry;
    const wrong =
      within === 'made' && kind !== 'added'
        ? 'lies in a directory that is new, but is not new itself'
        : within === 'gone' && kind !== 'deleted'
          ? 'lies in a directory that goes, but does not go itself'
          : key === '' && kind !== 'mode'
            ? 'the workspace itself can neither come nor go'
            : unlandable(before, after);
    if (wrong !== undefined) return { path, message: wrong };
  }
  return undefined;
}

type State = ChangeSetEntry['after'];

function unlandable(before: State, after: State): string | undefined {
  if (after === null) return undefined;
  const special = after.type === 'fifo' || after.type === 'socket' || after.type === 'device';
  if (special && before?.type !== after.type) return `a ${after.type} is never made`;
  if (after.type === 'file' && after.sha256 === null) return 'a file without a known content';
  if (after.type === 'symlink' && after.target === null) return 'a link without a known target';
  const had = before?.type === after.type ? Number.parseInt(before.mode, 8) : 0;
  const gained = Number.parseInt(after.mode, 8) & ~had;
  if (after.type === 'file' && (gained & 0o6000) !== 0) return 'a set-id bit is never given to a file';
  return after.type === 'dir' && (gained & 0o4000) !== 0
    ? 'a set-user-id bit is never given to a directory'
    : undefined;
}
