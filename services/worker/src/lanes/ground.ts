import { realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { DrylaneError } from '@drylane/proto/errors';
import { type Place, type RehearsalTask, TREE_PATH } from '@drylane/proto/task';
import { placeOf } from '../promote/place.ts';
import type { TreeCache } from '../workspaces/cache.ts';
import type { GitWorkspaces } from '../workspaces/git.ts';
import type { TreeLimits } from '../workspaces/limits.ts';
import type { Planting } from '../workspaces/plant.ts';
import { refused } from '../workspaces/refuse.ts';
import { unpackSnapshot } from '../workspaces/snapshot.ts';

/** The files that a command is rehearsed on; they stay there until they are given back. */
export interface Ground extends Disposable {
  /** Their real path on this host. */
  readonly directory: string;
  /** Null for files that are nobody's workspace. */
  readonly place: Place | null;
  /** That of a git tree. */
  readonly commit: string | null;
}

/** Where a worker gets files from. */
export interface Sources {
  readonly blobs: Pick<Blobs, 'open'>;
  /** Directories of this host in which workspaces may lie, as real paths. */
  readonly roots: readonly string[];
  /** Where this process keeps its own things: no workspace, and nothing around it, is one. */
  readonly stateDir: string;
  readonly cache: TreeCache;
  readonly git: GitWorkspaces;
  readonly limits: TreeLimits;
  readonly owner: Planting['owner'];
}

/**
 * Gets the files of a task's workspace, and makes sure that they stand where it says.
 * @throws DrylaneError `bad-input` for what this worker must not, or cannot, rehearse on.
 */
export async function openGround(sources: Sources, task: RehearsalTask): Promise<Ground> {
  const { source } = task;
  if ('path' in source) return openDirectory(sources, task, source.path);
  if (task.workspace !== TREE_PATH)
    throw refused('workspace', `stands at ${TREE_PATH} in every container`, 'name paths below it');
  if ('snapshot' in source) {
    const make = (directory: string) =>
      unpackSnapshot(sources.blobs.open(source.snapshot), directory, { ...sources, expected: null });
    const key = `snapshot-${source.snapshot.slice('sha256:'.length)}`;
    return within(task, await sources.cache.lease(key, make), null);
  }
  const commit = await sources.git.resolve(source.git.url, source.git.ref);
  return within(task, await sources.git.lease(source.git.url, commit), commit);
}

/** A directory of this host, as {@link openGround} gives it. @throws DrylaneError `bad-input`. */
export async function openDirectory(
  sources: Pick<Sources, 'roots' | 'stateDir'>,
  task: RehearsalTask,
  path: string,
): Promise<Ground> {
  if (task.workspace !== path) throw refused('workspace', 'is another than its source', 'name one of them');
  checkFence(sources, path);
  await checkDirectory(path, 'workspace.path');
  await checkDirectory(task.working_dir, 'working_dir');
  if (!isInside(task.working_dir, path)) throw outside();
  const place = await placeOf(path, { ...task.allowed, promotion: task.promotion });
  return { directory: path, place, commit: null, [Symbol.dispose]: () => undefined };
}

/** Refuses a path at which no workspace of this worker may stand. @throws DrylaneError `bad-input`. */
export function checkFence({ roots, stateDir }: Pick<Sources, 'roots' | 'stateDir'>, path: string): void {
  const field = 'workspace.path';
  if (!roots.some((root) => isInside(path, root)))
    throw refused(field, 'is not where workspaces of this worker may lie', 'see its DRYLANE_WORKSPACES');
  if (isInside(path, stateDir) || isInside(stateDir, path))
    throw refused(field, 'and what this worker keeps lie in one another', 'keep its state elsewhere');
}

/** A path that leads somewhere else here is not the one that was let in. */
async function checkDirectory(path: string, field: string): Promise<void> {
  const found = await realpath(path).catch(() => undefined);
  const isDirectory = found !== undefined && (await stat(found).catch(() => undefined))?.isDirectory();
  if (isDirectory !== true)
    throw refused(field, `${path} is no directory on this worker`, 'name one that is there');
  if (found !== path) throw refused(field, 'leads somewhere else on this worker', 'name its real path');
}

/** A tree, whose working directory has to be one of its own. */
async function within(
  { working_dir }: RehearsalTask,
  lease: Disposable & { readonly directory: string },
  commit: string | null,
): Promise<Ground> {
  try {
    if (!isInside(working_dir, TREE_PATH)) throw outside();
    const directory = await realpath(lease.directory);
    await checkDirectory(join(directory, relative(TREE_PATH, working_dir)), 'working_dir');
    return { directory, place: null, commit, [Symbol.dispose]: () => lease[Symbol.dispose]() };
  } catch (fault) {
    lease[Symbol.dispose]();
    throw fault;
  }
}

const isInside = (path: string, directory: string): boolean =>
  directory === '/' || path === directory || path.startsWith(`${directory}/`);

const outside = (): DrylaneError =>
  refused('working_dir', 'is not in the workspace', 'name a directory of the workspace');
