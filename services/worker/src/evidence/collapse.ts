import type { PathClass } from '@drylane/proto/paths';
import type { Forest } from './classes.ts';

/** Paths reported as one: that at `index`, and `entries - 1` below it, which follow it in preorder. */
interface Collapsed {
  readonly index: number;
  readonly entries: number;
}

/**
 * Puts each topmost directory together with all below it, where all of it has one class and there are at least
 * `least` paths. What has another class always stands on its own.
 */
export function collapse(classes: readonly PathClass[], { end, parent }: Forest, least: number): Collapsed[] {
  const uniform = new Array<boolean>(classes.length).fill(true);
  for (let index = classes.length - 1; index >= 0; index--) {
    const above = parent[index] ?? -1;
    if (above >= 0 && !(uniform[index] && classes[index] === classes[above])) uniform[above] = false;
  }
  const groups: Collapsed[] = [];
  for (let index = 0; index < classes.length; ) {
    const size = (end[index] ?? index + 1) - index;
    const entries = uniform[index] && size >= least ? size : 1;
    groups.push({ index, entries });
    index += entries;
  }
  return groups;
}
