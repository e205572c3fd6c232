import { DrylaneError } from '@drylane/proto/errors';
import type { FileState } from '@drylane/proto/evidence';
import { pathOf } from '../evidence/keys.ts';
import type { PathKey } from '../evidence/tree.ts';
import type { Attributes, Effect, Stamp } from './effect.ts';
import type { Rooted } from './roots.ts';

/** One thing to be made in the stage before anything of the workspace is touched. */
export interface Made {
  /** Where it will stand in the workspace, and where it is made below the stage's `new`. */
  readonly key: PathKey;
  readonly at: PathKey;
  readonly state: FileState;
  readonly become: Attributes;
  /** What stands at its place now, whose text is to be merged into; null where nothing is merged. */
  readonly merge: Stamp | null;
}

/** One thing that has to be found, untouched, below the stage's `old` once its tree was taken away. */
export interface Gone {
  readonly key: PathKey;
  readonly at: PathKey;
  readonly stamp: Stamp;
}

/** Everything that makes a change set land: what to make first, what to do then, in order, what to look at again. */
export interface Arrangement {
  readonly effects: readonly Effect[];
  readonly made: readonly Made[];
  readonly gone: readonly Gone[];
}

type Stamps = (key: PathKey) => Stamp | undefined;

/**
 * Orders what has to happen. Directories that become open to their owner come first, then what goes, what comes, and
 * the other modes and times, the deepest first: a time set earlier would not last, and a closed directory takes nothing.
 */
export function arrange(
  rooted: readonly Rooted[],
  stamps: Stamps,
  merged: ReadonlySet<PathKey>,
): Arrangement {
  const places = new Map<PathKey, number>();
  const parts = rooted.map((item) => {
    const n = places.get(item.root) ?? places.size;
    places.set(item.root, n);
    return partOf(item, n, item.within === 'made' ? undefined : stamps(item.key), merged);
  });
  const effects = [
    ...parts.flatMap(({ opening }) => opening),
    ...parts.flatMap(({ moves }) => moves),
    // Preorder turned round: what lies in a directory before the directory.
    ...parts.flatMap(({ closing }) => closing).reverse(),
  ];
  return {
    effects,
    made: parts.flatMap(({ made }) => made),
    gone: parts.flatMap(({ gone }) => gone),
  };
}

/** What has to happen for one entry. */
interface Part {
  readonly opening: readonly Effect[];
  readonly moves: readonly Effect[];
  readonly closing: readonly Effect[];
  readonly made: readonly Made[];
  readonly gone: readonly Gone[];
}

const NOTHING: Part = { opening: [], moves: [], closing: [], made: [], gone: [] };

function partOf(item: Rooted, n: number, was: Stamp | undefined, merged: ReadonlySet<PathKey>): Part {
  const { key, entry, within, root } = item;
  const { before, after } = entry;
  const at = `${n}${key.slice(root.length)}`;
  const gone = before === null ? [] : [{ key, at, stamp: known(key, was) }];
  if (after === null) return { ...NOTHING, gone, moves: within === 'itself' ? [stash(key, n, was)] : [] };
  const become = attributesOf(after, entry.mtime);
  const inPlace = entry.kind === 'mode' && after.type !== 'symlink' && !isShared(after, was);
  if (inPlace) return { ...NOTHING, ...attributeEffects(key, known(key, was), become) };
  const made = { key, at, state: after, become, merge: merged.has(key) ? known(key, was) : null };
  const moves = within === 'itself' ? comingEffects(item, n, was, become) : [];
  return { ...NOTHING, gone, moves, made: [made] };
}

const stash = (key: PathKey, n: number, was: Stamp | undefined): Effect => ({
  ...{ do: 'stash', key, n },
  was: known(key, was),
});

/** A file with other names, maybe outside the workspace: what is done to it in place is done to them too. */
const isShared = (after: FileState, was: Stamp | undefined): boolean =>
  after.type === 'file' && (was?.nlink ?? 1) > 1;

function comingEffects(
  { key, entry }: Rooted,
  n: number,
  was: Stamp | undefined,
  become: Attributes,
): Effect[] {
  const type = entry.after?.type ?? 'file';
  if (entry.before === null) return [{ do: 'place', key, n, type, become }];
  const before = known(key, was);
  if (before.type !== 'dir' && type !== 'dir') return [{ do: 'replace', key, n, was: before }];
  return [stash(key, n, was), { do: 'place', key, n, type, become }];
}

/** Changes of mode, owner and time: what opens a directory to its owner comes before all else, the rest after it. */
function attributeEffects(key: PathKey, was: Stamp, become: Attributes): Pick<Part, 'opening' | 'closing'> {
  const attributes: Effect = { do: 'attributes', key, was, become: { ...become, mtimeNs: null } };
  const { mtimeNs } = become;
  const times: Effect[] =
    mtimeNs === null || mtimeNs === was.mtimeNs ? [] : [{ do: 'times', key, was, mtimeNs }];
  const opens = was.type === 'dir' && (become.mode & ~was.mode & 0o700) !== 0;
  // What closes is turned round in the end, so the time stands first here.
  return opens ? { opening: [attributes], closing: times } : { opening: [], closing: [...times, attributes] };
}

function attributesOf({ mode, uid, gid }: FileState, mtime: string | null): Attributes {
  return { mode: Number.parseInt(mode, 8), uid, gid, mtimeNs: mtime === null ? null : BigInt(mtime) };
}

function known(key: PathKey, stamp: Stamp | undefined): Stamp {
  if (stamp !== undefined) return stamp;
  const message = 'nothing is known of what stands there';
  throw new DrylaneError('internal', { field: pathOf(key), message, mend: 'report it' });
}
