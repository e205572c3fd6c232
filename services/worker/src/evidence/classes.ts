import { classifyPath, type PathClass, type PathRules } from '@drylane/proto/paths';
import { keyBytes, type PathKey } from './tree.ts';

/** How paths in preorder (a directory right before all that is below it) lie in each other. */
export interface Forest {
  /** For each path the index after the last one below it. */
  readonly end: readonly number[];
  /** For each path the index of the directory it stands in, -1 where that is not in the list. */
  readonly parent: readonly number[];
}

/** Sorts what has paths so that a directory comes right before all that is below it. */
export function inPreorder<T extends { readonly key: PathKey }>(items: readonly T[]): T[] {
  // No name holds a NUL, so with NUL for the slash a directory's own paths come before its neighbours'.
  const ordered = items.map((item) => ({ item, order: item.key.replaceAll('/', '\0') }));
  return ordered.sort((a, b) => (a.order < b.order ? -1 : Number(a.order > b.order))).map(({ item }) => item);
}

/** Finds which path lies in which, in one pass. */
export function forest(keys: readonly PathKey[]): Forest {
  const end = new Array<number>(keys.length).fill(keys.length);
  const parent = new Array<number>(keys.length).fill(-1);
  const open: { readonly index: number; readonly prefix: string }[] = [];
  for (const [index, key] of keys.entries()) {
    for (let top = open.at(-1); top !== undefined && !key.startsWith(top.prefix); top = open.at(-1)) {
      end[top.index] = index;
      open.pop();
    }
    parent[index] = open.at(-1)?.index ?? -1;
    open.push({ index, prefix: `${key}/` });
  }
  return { end, parent };
}

/** Where each path stands by the rules alone. */
export function ownClasses(rules: PathRules, keys: readonly PathKey[]): PathClass[] {
  return keys.map((key) => classifyPath(rules, keyBytes(key)));
}

/** The same for added paths: a directory that had to be made for an expected one is expected, unless forbidden. */
export function addedClasses(rules: PathRules, keys: readonly PathKey[], { parent }: Forest): PathClass[] {
  const classes = ownClasses(rules, keys);
  const leads = new Set<number>();
  // In preorder the children come after their directory: backwards, each is settled before what it stands in.
  for (let index = keys.length - 1; index >= 0; index--) {
    if (leads.has(index) && classes[index] === 'surprise') classes[index] = 'expected';
    if (leads.has(index) || classes[index] === 'expected') leads.add(parent[index] ?? -1);
  }
  return classes;
}
