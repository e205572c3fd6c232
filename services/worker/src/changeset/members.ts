import type { ChangeSetEntry } from '@drylane/proto/change-set';
import type { FileType } from '@drylane/proto/evidence';
import { decodePath } from '@drylane/proto/paths';
import type { Member } from './tar.ts';

/** How a name begins that stands for the removal of another (OCI image-spec, layer.md, "Whiteouts"). */
export const WHITEOUT = '.wh.';

/** What a layer calls what stands at a path; what has no name there is never in a change set. */
const TYPES: Readonly<Record<FileType, Member['type'] | null>> = {
  file: 'file',
  dir: 'directory',
  symlink: 'symlink',
  fifo: null,
  socket: null,
  device: null,
};

/**
 * The members of the layer of these entries, in their order: what stands at a path, or a whiteout for what is gone.
 * What stood below a directory that is gone, or is no directory any more, goes with it without a word.
 */
export function membersOf(entries: readonly ChangeSetEntry[]): Member[] {
  const goesWithAnother = followRemovals();
  return entries.flatMap((entry) => {
    const goes = goesWithAnother(entry);
    if (entry.after !== null) return standing(entry, entry.after);
    return goes ? [] : [whiteout(entry.path)];
  });
}

/** Makes a function that says of entries, asked for in order, whether they go with a directory that went before. */
export function followRemovals(): (
  entry: Readonly<Pick<ChangeSetEntry, 'path' | 'before' | 'after'>>,
) => boolean {
  let gone: string | null = null;
  return ({ path, before, after }) => {
    if (gone !== null && path.startsWith(gone)) return true;
    if (before?.type === 'dir' && after?.type !== 'dir') gone = `${path}/`;
    return false;
  };
}

/** The name of a path in a tar. */
export const nameIn = (path: string): string => decodePath(path).toString('utf8');

function standing({ path, mtime }: ChangeSetEntry, after: NonNullable<ChangeSetEntry['after']>): Member[] {
  const type = TYPES[after.type];
  if (type === null) return [];
  const { uid, gid, size, target } = after;
  return [
    {
      ...{ type, name: nameIn(path), mode: Number.parseInt(after.mode, 8), uid, gid, size },
      mtimeNs: BigInt(mtime ?? 0),
      target: target === null ? null : nameIn(target),
    },
  ];
}

function whiteout(path: string): Member {
  const name = nameIn(path);
  const slash = name.lastIndexOf('/') + 1;
  return {
    ...{ type: 'file', name: `${name.slice(0, slash)}${WHITEOUT}${name.slice(slash)}` },
    ...{ mode: 0o600, uid: 0, gid: 0, size: 0, mtimeNs: 0n, target: null },
  };
}
