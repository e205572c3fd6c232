import { encodePath } from '@drylane/proto/paths';
import type { Item } from './arrange.ts';
import { BUDGET } from './budget.ts';
import { keyBytes } from './tree.ts';

/** Items that fit; `whole` is false when some had to be left out. */
export interface Fitted {
  readonly items: readonly Item[];
  readonly whole: boolean;
}

/** What is held against the limits when items are chosen. */
export type ItemLimits = { readonly changes: number; readonly pathBytes: number };

/**
 * The first items that fit. In the order of `arrange` that is every forbidden path before any surprise, and every
 * surprise before any expected one: no number of the latter pushes out one of the former.
 */
export function fit(items: readonly Item[], limits: ItemLimits = BUDGET): Fitted {
  let left = limits.pathBytes;
  let count = 0;
  for (const { key } of items) {
    // As in JSON, where each of the backslashes that escape is escaped again.
    left -= Buffer.byteLength(JSON.stringify(encodePath(keyBytes(key))));
    if (left < 0 || count >= limits.changes) return { items: items.slice(0, count), whole: false };
    count += 1;
  }
  return { items, whole: true };
}
