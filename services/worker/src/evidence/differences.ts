import type { WorkspaceView } from '../sandbox/sandbox.ts';
import { createPace, type Pace } from './pace.ts';
import { type Entry, joinKey, keyBytes, type PathKey, parentOf, type Tree } from './tree.ts';
import { attempt, type Walk, walk } from './walk.ts';

/** A path that is in upper, or gone from the merged view; whether it really changed is not known yet. */
export type Difference =
  | { readonly op: 'both'; readonly key: PathKey; readonly before: Entry; readonly after: Entry }
  | { readonly op: 'added'; readonly key: PathKey; readonly before: null; readonly after: Entry }
  | { readonly op: 'deleted'; readonly key: PathKey; readonly before: Entry; readonly after: null };

/** Everything that may have changed; `complete` is false when something could not be read or did not add up. */
interface Differences {
  readonly list: readonly Difference[];
  readonly complete: boolean;
}

interface Base {
  /** The names that were in each directory of upper that was a directory before too. */
  readonly names: ReadonlyMap<PathKey, ReadonlySet<string>>;
  readonly complete: boolean;
}

/**
 * Compares what the command's view shows with what was there, in the directories of upper alone: whatever form
 * a removal has in there, a name that was in lower and is not in the view is a deletion.
 */
export async function findDifferences(
  lower: Tree,
  upper: Walk,
  root: Entry,
  names: WorkspaceView['names'],
): Promise<Differences> {
  const list: Difference[] = [{ op: 'both', key: '', before: lower.root, after: root }];
  const pace = createPace();
  const base = await readBase(lower, upper, pace);
  const shown = await names([...base.names.keys()].map(keyBytes));
  let complete = base.complete && upper.unread.size === 0;
  for (const [directory, entries] of upper.directories) {
    const before = base.names.get(directory) ?? new Set<string>();
    const merged = base.names.has(directory) ? shown.get(directory) : visible(entries);
    if (merged === undefined) complete = false;
    const sorted = sortNames(entries, before, new Set(merged?.map(latin1) ?? visible(entries)));
    complete &&= sorted.sound;
    for (const name of sorted.present) {
      const after = entries.get(name);
      const sound =
        after && (await addPresent(lower, joinKey(directory, name), after, before.has(name), list));
      complete &&= sound === true;
      await pace();
    }
    for (const name of sorted.deleted) {
      const sound = await addDeleted(lower, joinKey(directory, name), list);
      complete &&= sound;
      await pace();
    }
  }
  return { list, complete };
}

const latin1 = (name: Buffer | string): string => (typeof name === 'string' ? name : name.toString('latin1'));

const visible = (entries: ReadonlyMap<string, Entry>): string[] =>
  [...entries].filter(([, entry]) => !entry.whiteout).map(([name]) => name);

/** Lists lower where upper has a directory too. A path counts as before only if real directories lead to it. */
async function readBase(lower: Tree, upper: Walk, pace: Pace): Promise<Base> {
  const names = new Map<PathKey, ReadonlySet<string>>();
  let complete = true;
  for (const key of upper.directories.keys()) {
    await pace();
    if (key !== '' && !names.get(parentOf(key))?.has(key.slice(key.lastIndexOf('/') + 1))) continue;
    const entry = attempt(() => lower.entry(key));
    if (typeof entry === 'string') complete = false;
    else if (entry?.type === 'dir') {
      const listed = attempt(() => lower.list(key));
      if (typeof listed === 'string') complete = false;
      else names.set(key, new Set(listed));
    }
  }
  return { names, complete };
}

/** How the names of one directory stand; `sound` is false when the three lists contradict each other. */
interface SortedNames {
  /** In upper and in the view. */
  readonly present: readonly string[];
  /** In lower and not in the view. */
  readonly deleted: readonly string[];
  readonly sound: boolean;
}

/** Sorts one directory's names by where they are: in upper, in lower, in the merged view. */
function sortNames(
  upper: ReadonlyMap<string, Pick<Entry, 'whiteout'>>,
  lower: ReadonlySet<string>,
  merged: ReadonlySet<string>,
): SortedNames {
  const present = [...upper].filter(([, entry]) => !entry.whiteout).map(([name]) => name);
  const written = new Set(present);
  const deleted = [...lower].filter((name) => !merged.has(name) && !written.has(name));
  const sound =
    present.every((name) => merged.has(name)) &&
    [...merged].every((name) => written.has(name) || (lower.has(name) && !upper.has(name)));
  return { present, deleted, sound };
}

/** Notes an entry of upper with what stood there; false when that could not be read. */
async function addPresent(
  lower: Tree,
  key: PathKey,
  after: Entry,
  wasListed: boolean,
  list: Difference[],
): Promise<boolean> {
  const before = wasListed ? attempt(() => lower.entry(key)) : undefined;
  if (before === undefined || typeof before === 'string' || before.whiteout) {
    list.push({ op: 'added', key, before: null, after });
    return typeof before === 'object' || !wasListed;
  }
  list.push({ op: 'both', key, before, after });
  return before.type !== 'dir' || after.type === 'dir' || addBelow(lower, key, list);
}

async function addDeleted(lower: Tree, key: PathKey, list: Difference[]): Promise<boolean> {
  const before = attempt(() => lower.entry(key));
  if (before === undefined || typeof before === 'string') return false;
  // The lower tree can hold whiteouts of its own, which no view ever showed.
  if (before.whiteout) return true;
  list.push({ op: 'deleted', key, before, after: null });
  return before.type !== 'dir' || addBelow(lower, key, list);
}

/** Everything that was below a directory of lower which is gone. */
async function addBelow(lower: Tree, directory: PathKey, list: Difference[]): Promise<boolean> {
  const { directories, unread } = await walk(lower, directory, 'leave');
  for (const [parent, entries] of directories)
    for (const [name, before] of entries)
      if (!before.whiteout) list.push({ op: 'deleted', key: joinKey(parent, name), before, after: null });
  return unread.size === 0;
}
