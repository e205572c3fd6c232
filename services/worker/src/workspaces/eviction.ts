/** A tree of a cache, as it stood at one moment. */
export interface CachedTree {
  readonly key: string;
  readonly bytes: number;
  /** When somebody last took or gave it back: milliseconds since 1970. */
  readonly usedMs: number;
  readonly inUse: boolean;
}

/**
 * The trees to take out so that `needed` bytes fit, those unused for longest first, and no more than that. Undefined where
 * they cannot fit while others are in use.
 */
export function planEviction(
  trees: readonly CachedTree[],
  needed: number,
  budget: number,
): readonly string[] | undefined {
  let over = trees.reduce((sum, { bytes }) => sum + bytes, needed) - budget;
  const goes: string[] = [];
  for (const { key, bytes } of trees.filter(({ inUse }) => !inUse).sort(byUse)) {
    if (over <= 0) break;
    goes.push(key);
    over -= bytes;
  }
  return over <= 0 ? goes : undefined;
}

const byUse = (a: CachedTree, b: CachedTree): number =>
  a.usedMs - b.usedMs || (a.key < b.key ? -1 : Number(a.key > b.key));
