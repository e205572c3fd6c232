import { lstat } from 'node:fs/promises';
import { ChangeSet, type ChangeSetEntry } from '@drylane/proto/change-set';
import type { FileState } from '@drylane/proto/evidence';
import { decodePath } from '@drylane/proto/paths';

/** To whom a file belongs. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Who owns what stands at a path of the workspace now; undefined where nothing does. */
export type OwnerAt = (path: string) => Promise<Owner | undefined>;

/**
 * A change set of a snapshot or a git tree as it means a directory of this machine. Neither of the two holds owners, so
 * what stands there keeps its own, and what is new belongs to whom `fresh` says.
 */
export async function withOwners(changeSet: ChangeSet, ownerAt: OwnerAt, fresh: Owner): Promise<ChangeSet> {
  const entries: ChangeSetEntry[] = [];
  for (const entry of changeSet.entries) {
    const there = entry.before === null ? undefined : await ownerAt(entry.path);
    entries.push({
      ...entry,
      before: owned(entry.before, there ?? fresh),
      after: owned(entry.after, there ?? fresh),
    });
  }
  return ChangeSet.parse({ ...changeSet, entries });
}

const owned = (state: FileState | null, { uid, gid }: Owner): FileState | null =>
  state === null ? null : { ...state, uid, gid };

/** Asks the file system. Where a link stood on the way, its answer is of no use, and applying refuses the path. */
export function ownersIn(directory: string): OwnerAt {
  return async (path) => {
    const parts = [
      Buffer.from(directory),
      Buffer.from('/'),
      path === '.' ? Buffer.alloc(0) : decodePath(path),
    ];
    return lstat(Buffer.concat(parts)).catch(() => undefined);
  };
}

/** To whom new files belong: for root, to whom the directory does; anybody else can make only their own. */
export async function freshOwner(directory: string): Promise<Owner> {
  const [uid = 0, gid = 0] = [process.geteuid?.(), process.getegid?.()];
  return uid === 0 ? lstat(directory) : { uid, gid };
}
