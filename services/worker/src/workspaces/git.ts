import { createHash } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { DrylaneError } from '@drylane/proto/errors';
import { readGitRef } from '@drylane/proto/git';
import { lockDirectory } from '../promote/lock.ts';
import type { TreeCache } from './cache.ts';
import { allowedSource, type GitSource, type GitSources } from './git-names.ts';
import { type GitBounds, gitOutput, isGitFault } from './git-run.ts';
import { tarBytes } from './incoming.ts';
import type { TreeLimits } from './limits.ts';
import { readMembers } from './members.ts';
import { commitOf, type Mirrors, refreshMirror, withMirror } from './mirror.ts';
import { type Planting, plantTree } from './plant.ts';
import { refused } from './refuse.ts';
import type { Lease } from './shelf.ts';

/** How git workspaces are fetched and made. */
export interface GitOptions {
  /** Where mirrors are kept; locked, for they belong to one process at a time. */
  readonly directory: string;
  /** How many mirrors are kept. */
  readonly mirrors: number;
  readonly cache: TreeCache;
  readonly allowed: GitSources;
  readonly bounds: GitBounds;
  readonly limits: TreeLimits;
  readonly owner: Planting['owner'];
}

/** Workspaces from git: a repository's files at a commit, without the repository. */
export interface GitWorkspaces extends Disposable {
  /**
   * The commit that a ref stands for now. Those who ask for one repository at once share one fetch; a commit that is here
   * already is not fetched again.
   * @throws DrylaneError `bad-input` for what is not allowed, `not-found`, and `unavailable` where it cannot be fetched.
   */
  resolve(url: string, ref: string): Promise<string>;
  /** The files of a commit, as they stand in the repository, byte for byte. @throws DrylaneError as {@link resolve}. */
  lease(url: string, commit: string): Promise<Lease>;
}

/**
 * Opens workspaces from git. Nothing is fetched, nor looked at, before it is asked for.
 * @throws DrylaneError `machine-unfit` where another process has the directory.
 */
export async function openGitWorkspaces(options: GitOptions): Promise<GitWorkspaces> {
  const { directory: root, bounds, mirrors: most } = options;
  const unlock = await lockAlone(root);
  const mirrors: Mirrors = { root, bounds, most, users: new Map() };
  const refresh = createRefresh(mirrors);
  const resolve = async (url: string, ref: string): Promise<string> => {
    const source = allowedSource(url, options.allowed);
    const asked = readGitRef(ref);
    if ('commit' in asked) {
      // A mirror that is being fetched may be none.
      await refresh.underWay(source);
      if ((await commitOf(mirrors, source, asked.commit)) !== undefined) return asked.commit;
    }
    await refresh.once(source);
    const names = 'commit' in asked ? [asked.commit] : asked.names;
    const found = await Promise.all(names.map((name) => commitOf(mirrors, source, name)));
    return onlyOne(ref, new Set(found.filter((commit) => commit !== undefined)));
  };
  const lease = async (url: string, commit: string): Promise<Lease> => {
    const source = allowedSource(url, options.allowed);
    if (!('commit' in readGitRef(commit))) throw new Error('a tree was asked for by something but a commit');
    return options.cache.lease(keyOf(source, commit), async (directory) => {
      await resolve(url, commit);
      return withMirror(mirrors, source, (mirror) => plantCommit(options, mirror, commit, directory));
    });
  };
  return { resolve, lease, [Symbol.dispose]: unlock };
}

async function lockAlone(directory: string): Promise<() => void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  let open = true;
  const unlock = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  try {
    await lockDirectory(fd, directory);
    return unlock;
  } catch (cause) {
    unlock();
    if (!(cause instanceof DrylaneError) || cause.code !== 'not-promotable') throw cause;
    const mend = 'give each worker a directory of its own';
    const problem = { field: directory, message: 'another process keeps its mirrors there', mend };
    throw new DrylaneError('machine-unfit', problem, { cause });
  }
}

/** Fetches of which there is only one at a time for each repository. */
interface Refresh {
  /** Joins the fetch that is under way, or starts one. */
  once(source: GitSource): Promise<void>;
  /** Waits for the fetch that is under way, however it ends. */
  underWay(source: GitSource): Promise<void>;
}

function createRefresh(mirrors: Mirrors): Refresh {
  const fetches = new Map<string, Promise<void>>();
  return {
    once({ url, scheme }) {
      const joined = fetches.get(url);
      if (joined !== undefined) return joined;
      const fetch = refreshMirror(mirrors, { url, scheme }).finally(() => fetches.delete(url));
      fetches.set(url, fetch);
      return fetch;
    },
    underWay: async ({ url }) => fetches.get(url)?.catch(() => undefined),
  };
}

/** Repositories share no trees: what one was let to see is not shown to whoever knows its name. */
const keyOf = ({ url }: GitSource, commit: string): string =>
  `git-${createHash('sha256').update(`${url}\n${commit}`).digest('hex')}`;

function onlyOne(ref: string, commits: ReadonlySet<string>): string {
  const [commit, other] = commits;
  const field = 'workspace.git.ref';
  if (commit === undefined)
    throw new DrylaneError('not-found', {
      field,
      message: `${JSON.stringify(ref)} is no branch, no tag, and no commit of one`,
      mend: 'push it, or name another',
    });
  if (other !== undefined)
    throw new DrylaneError('bad-input', {
      field,
      message: `${JSON.stringify(ref)} is a branch and a tag, and they differ`,
      mend: `say which: refs/heads/${ref} or refs/tags/${ref}`,
    });
  return commit;
}

/** Lets git write the tree as a tar, and trusts that tar no more than anyone's. */
async function plantCommit(
  { bounds, limits, owner }: GitOptions,
  mirror: string,
  commit: string,
  directory: string,
): Promise<{ readonly bytes: number }> {
  const safe = [`safe.directory=${mirror}`];
  try {
    await countEntries(gitOutput(['--git-dir', mirror, ...LIST, commit], bounds, safe), limits.entries);
    const tar = gitOutput(['--git-dir', mirror, 'archive', '--format=tar', commit], bounds, safe);
    return await plantTree(directory, readMembers(tarBytes(tar, limits)), { limits, owner });
  } catch (cause) {
    throw faultIn(cause) ?? cause;
  }
}

/** Names alone, each ending with a NUL; a tree is printed as it is walked. */
const LIST = ['ls-tree', '-r', '-t', '-z', '--full-tree', '--name-only'] as const;

/** Refuses a tree of too many entries before git holds all of them: a few objects that name one another can be billions. */
async function countEntries(list: AsyncIterable<Uint8Array>, most: number): Promise<void> {
  let entries = 0;
  for await (const chunk of list) {
    for (let at = chunk.indexOf(0); at !== -1; at = chunk.indexOf(0, at + 1)) entries += 1;
    if (entries > most)
      throw refused('workspace.git', `holds more than ${most} entries`, 'name a smaller repository');
  }
}

/** Where git itself went wrong, so that the tar was not whole. */
function faultIn(cause: unknown): DrylaneError | undefined {
  for (let at = cause; at instanceof Error; at = at.cause)
    if (isGitFault(at))
      return new DrylaneError(
        'machine-unfit',
        { field: 'workspace.git', message: 'could not be unpacked', mend: 'try again' },
        { cause: at },
      );
  return undefined;
}
