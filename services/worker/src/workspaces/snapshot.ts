import type { Digest } from '@drylane/proto/digest';
import { tarBytes } from './incoming.ts';
import type { TreeLimits } from './limits.ts';
import { readMembers } from './members.ts';
import { type Planted, type Planting, plantTree } from './plant.ts';
import { refused } from './refuse.ts';

/** How a snapshot is unpacked. */
export interface Unpacking extends Planting {
  readonly limits: TreeLimits;
  /** The digest that it was asked for by; null where its sender did not say. */
  readonly expected: Digest | null;
}

/**
 * Unpacks a tar, compressed with gzip or not, into a directory that must not be there yet: all of it or nothing. A process
 * that dies meanwhile leaves a part of it: `cache.ts` moves a tree into place only when it is whole.
 * @throws DrylaneError as {@link plantTree}, and `bad-input` for another tree than was expected.
 */
export async function unpackSnapshot(
  source: AsyncIterable<Uint8Array>,
  directory: string,
  { expected, ...planting }: Unpacking,
): Promise<Planted> {
  const members = readMembers(tarBytes(source, planting.limits));
  return plantTree(directory, members, planting, ({ digest }) => {
    if (expected !== null && digest !== expected)
      throw refused('snapshot', `is ${digest}, not ${expected}`, 'send the tree that was asked for');
  });
}
