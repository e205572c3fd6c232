import type { PathClass, PathRules } from '@drylane/proto/paths';
import { addedClasses, type Forest, forest, inPreorder, ownClasses } from './classes.ts';
import { collapse } from './collapse.ts';
import type { Difference } from './differences.ts';
import { type Entry, type PathKey, parentOf } from './tree.ts';

/** A difference to report, with its class and what it stands for. */
export type Item = Difference & {
  readonly class: PathClass;
  /** Itself and, for a collapsed directory, all below it. */
  readonly entries: number;
  /** The first paths below a collapsed directory, in preorder. */
  readonly inside: readonly PathKey[];
};

/** An added directory with fewer paths lists them one by one. */
export const LEAST_ADDED = 201;
/** The same where there is no room for that. */
export const LEAST_CROWDED = 2;
/** A deleted directory is one change as soon as it held anything. */
const LEAST_DELETED = 2;
/** Paths named in the patch of a collapsed directory. */
const NAMED_INSIDE = 1000;

const RANK: Readonly<Record<PathClass, number>> = { forbidden: 0, surprise: 1, expected: 2 };

/** Differences with their classes, before it is decided which of them are reported as one. */
export interface Classified {
  readonly owners: ReadonlyMap<PathKey, Entry | null>;
  readonly both: readonly Item[];
  readonly deleted: Grove;
  readonly added: Grove;
}

/** Differences of one kind in preorder. */
interface Grove {
  readonly sorted: readonly Difference[];
  readonly keys: readonly PathKey[];
  readonly shape: Forest;
  readonly classes: readonly PathClass[];
}

/**
 * Decides what is reported as one change, its class, and the order: forbidden, surprise, expected, then by the
 * paths' bytes.
 */
export function arrange(differences: readonly Difference[], rules: PathRules): Item[] {
  return listed(classify(differences, rules), LEAST_ADDED);
}

/** Finds the class of each difference. */
export function classify(differences: readonly Difference[], rules: PathRules): Classified {
  const of = <O extends Difference['op']>(op: O) =>
    differences.filter((d): d is Extract<Difference, { op: O }> => d.op === op);
  const both = of('both');
  const classes = ownClasses(rules, keysOf(both));
  return {
    owners: new Map(differences.map((d) => [d.key, d.after])),
    both: both.map((d, i): Item => ({ ...d, class: classes[i] ?? 'forbidden', entries: 1, inside: [] })),
    deleted: grove(of('deleted'), (keys) => ownClasses(rules, keys)),
    added: grove(of('added'), (keys, shape) => addedClasses(rules, keys, shape)),
  };
}

/** What is reported, where an added directory of one class is one change when it has `leastAdded` paths. */
export function listed({ owners, both, deleted, added }: Classified, leastAdded: number): Item[] {
  return [
    ...both,
    ...group(deleted, LEAST_DELETED),
    ...group(added, leastAdded, (item, next) => isImplied(item, next, owners)),
  ].sort((a, b) => RANK[a.class] - RANK[b.class] || (a.key < b.key ? -1 : Number(a.key > b.key)));
}

const keysOf = (differences: readonly Difference[]): PathKey[] => differences.map((d) => d.key);

function grove(
  differences: readonly Difference[],
  classesOf: (keys: readonly PathKey[], shape: Forest) => PathClass[],
): Grove {
  const sorted = inPreorder(differences);
  const keys = keysOf(sorted);
  const shape = forest(keys);
  return { sorted, keys, shape, classes: classesOf(keys, shape) };
}

function group(
  { sorted, keys, shape, classes }: Grove,
  least: number,
  implied: (item: Item, next: Difference | undefined) => boolean = () => false,
): Item[] {
  return collapse(classes, shape, least).flatMap(({ index, entries }): Item[] => {
    const difference = sorted[index];
    const itsClass = classes[index];
    if (difference === undefined || itsClass === undefined) return [];
    const inside = keys.slice(index + 1, index + Math.min(entries, NAMED_INSIDE + 1));
    const item = { ...difference, class: itsClass, entries, inside };
    return implied(item, sorted[index + 1]) ? [] : [item];
  });
}

/**
 * Whether an added directory goes without saying: something listed stands in it, it is not forbidden, and it is
 * what `mkdir` makes by itself: mode 0755, with the owner of the directory it stands in.
 */
function isImplied(
  item: Item,
  next: Difference | undefined,
  owners: ReadonlyMap<PathKey, Entry | null>,
): boolean {
  if (item.op !== 'added' || item.after.type !== 'dir' || item.entries > 1 || item.class === 'forbidden')
    return false;
  const above = owners.get(parentOf(item.key));
  const plain = item.after.mode === 0o755 && item.after.uid === above?.uid && item.after.gid === above.gid;
  return plain && next?.key.startsWith(`${item.key}/`) === true;
}
