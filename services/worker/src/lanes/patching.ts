import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { Logger } from '@drylane/chassis/logger/logger';
import type { BlobRef } from '@drylane/proto/change-set';
import { DrylaneError } from '@drylane/proto/errors';
import type { RehearsalTask } from '@drylane/proto/task';
import type { BuiltChangeSet } from '../changeset/build.ts';
import { checked } from '../promote/contents.ts';
import { type GitPatch, patchOf } from '../workspaces/patch.ts';
import { openContents } from '../workspaces/patch-contents.ts';
import { patchHead } from '../workspaces/patch-head.ts';
import type { Ground } from './ground.ts';

/** What a patch is made of. */
export interface Patching {
  readonly task: RehearsalTask;
  readonly ground: Pick<Ground, 'directory' | 'commit'>;
  readonly changeSet: BuiltChangeSet | null;
  /** Takes secrets out of whatever the head says. */
  readonly scrub: (text: string) => string;
  readonly signal: AbortSignal;
}

/**
 * Makes the patch of a rehearsal on a git tree, and keeps it. Null where there is nothing to make one of, or none can be made:
 * the log tells why, and the change set is there all the same.
 * @throws DrylaneError `unavailable` where blobs cannot be reached, and the signal's reason.
 */
export async function keepPatch(
  blobs: Blobs,
  log: Logger,
  { task, ground, changeSet, scrub, signal }: Patching,
): Promise<BlobRef | null> {
  const { commit, directory } = ground;
  if (commit === null || changeSet === null) return null;
  try {
    const { entries, layer } = changeSet.changeSet;
    const head = patchHead(task, { commit, changeSet: changeSet.digest }, scrub);
    await using contents = openContents(directory, checked(blobs.open(layer.digest), layer));
    return await keep(blobs, log, await patchOf({ entries }, contents, head, { signal }));
  } catch (fault) {
    signal.throwIfAborted();
    if (fault instanceof DrylaneError && fault.code === 'unavailable') throw fault;
    log.warn('no patch was made', { fault });
    return null;
  }
}

async function keep(blobs: Blobs, log: Logger, { text, untold }: GitPatch): Promise<BlobRef | null> {
  if (text === null) {
    log.info('no patch was made, for git keeps nothing of what changed', { untold: untold.length });
    return null;
  }
  if (untold.length > 0) log.info('a patch does not tell all that changed', { untold: untold.length });
  const bytes = Buffer.from(text);
  return { digest: await blobs.put(bytes), size: bytes.length };
}
