import { type ChangeSetEntry, kindOf } from '@drylane/proto/change-set';
import type { FileState } from '@drylane/proto/evidence';
import { pathOf } from '../evidence/keys.ts';
import type { Entry, PathKey } from '../evidence/tree.ts';

/** What stands at a path on one side: what a change set says of it, and what `lstat` says. */
export interface Stood {
  readonly state: FileState;
  readonly entry: Pick<Entry, 'mtimeNs' | 'rdev'>;
}

/** A path with both of its sides known; null is nothing. */
export interface Landing {
  readonly key: PathKey;
  readonly before: Stood | null;
  readonly after: Stood | null;
}

/** From when to when a rehearsal took place, in nanoseconds since 1970. */
export interface TimeSpan {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

/** A file system's clock may be off by a tick, and coarser than ours. */
const SLACK_NS = 2_000_000_000n;

/**
 * What a change set says of a path, undefined where it did not change: other times alone are no change. A time of
 * change is told only where the command set it itself.
 */
export function entryOf({ key, before, after }: Landing, span: TimeSpan): ChangeSetEntry | undefined {
  const [old, now] = [before?.state ?? null, after?.state ?? null];
  const kind = kindOf(old, now);
  if (kind === undefined) return undefined;
  const mtimeNs = after === null ? null : setByCommand(before, after, kind === 'mode', span);
  return { path: pathOf(key), kind, before: old, after: now, mtime: mtimeNs?.toString() ?? null };
}

/** The time that the command gave a path, rather than the kernel; null where it gave none. */
function setByCommand(
  before: Stood | null,
  after: Stood,
  sameContent: boolean,
  span: TimeSpan,
): bigint | null {
  const { mtimeNs } = after.entry;
  if (mtimeNs >= span.fromNs - SLACK_NS && mtimeNs <= span.toNs + SLACK_NS) return null;
  return sameContent && mtimeNs === before?.entry.mtimeNs ? null : mtimeNs;
}
