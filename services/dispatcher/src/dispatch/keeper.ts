import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { Digest } from '@drylane/proto/digest';
import { recentlyFound } from '../access/recent.ts';
import { keep } from '../desk/record.ts';

/** How long a document that was kept is believed to be there still, in milliseconds. */
const BELIEVED_MS = 60_000;

/** Sees to it that something is kept, as it is at this time. */
export type Keeper = (nowMs: number) => Promise<void>;

/**
 * Keeps a document that every run rests on, once a minute however many runs there are: so a store that has lost it gets it
 * back. Whoever asks while it is being kept waits for that; what failed is tried again by the next who asks.
 */
export function keeper(blobs: Pick<Blobs, 'put'>, document: unknown): Keeper {
  const recent = recentlyFound<Digest>({ keepMs: BELIEVED_MS, most: 1 });
  return async (nowMs) => void (await recent.get('document', nowMs, () => keep(blobs, document)));
}
