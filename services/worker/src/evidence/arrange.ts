import type { PathClass, PathRules } from '@drylane/proto/paths';
import { addedClasses, forest, inPreorder, ownClasses } from './classes.ts';
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
const LEAST_ADDED = 201;
/** A deleted directory is one change as soon as it held anything. */
const LEAST_DELETED = 2;
/** Paths named in the patch of a collapsed directory. */
const NAMED_INSIDE = 1000;

const RANK: Readonly<Record<PathClass, number>> = { forbidden: 0, surprise: 1, expected: 2 };

/**
 * Decides what is reported as one change, its class, and the order: forbidden, surprise, expected, then by the
 * paths' bytes.
 */
export function arrange(differences: readonly Difference[], rules: PathRules): Item[] {
  const of = <O extends Difference['op']>(op: O) =>
    differences.filter((d): d is Extract<Difference, { op: O }> => d.op === op);
  const both = of('both');
  const owners = new Map(differences.map((d) => [d.key, d.after]));
  const classes = ownClasses(rules, keysOf(both));
  return [
    ...both.map((d, i): Item => ({ ...d, class: classes[i] ?? 'forbidden', entries: 1, inside: [] })),
    ...group(inPreorder(of('deleted')), rules, LEAST_DELETED),
    ...group(inPreorder(of('added')), rules, LEAST_ADDED, (added, next) => isImplied(added, next, owners)),
  ].sort((a, b) => RANK[a.class] - RANK[b.class] || (a.key < b.key ? -1 : Number(a.key > b.key)));
}

const keysOf = (differences: readonly Difference[]): PathKey[] => differences.map((d) => d.key);

function group(
  sorted: readonly Difference[],
  rules: PathRules,
  least: number,
  implied: (item: Item, next: Difference | undefined) => boolean = () => false,
): Item[] {
  const keys = keysOf(sorted);
  const shape = forest(keys);
  const classes = sorted[0]?.op === 'added' ? addedClasses(rules, keys, shape) : ownClasses(rules, keys);
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
