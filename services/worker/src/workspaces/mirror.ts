import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { removeTree } from '../sandbox/remove-tree.ts';
import type { GitSource } from './git-names.ts';
import { type GitBounds, git, isGitFault } from './git-run.ts';

/** Copies of repositories, one bare repository for each URL. Their directory belongs to one process at a time. */
export interface Mirrors {
  readonly root: string;
  readonly bounds: GitBounds;
  /** How many are kept; those fetched longest ago go first. */
  readonly most: number;
  /** How many are at work in each, by its path. */
  readonly users: Map<string, number>;
}

/** A tree is that of the commit, byte for byte: what the repository's own attributes would change or leave out is undone. */
const ATTRIBUTES =
  '* -text -eol -crlf -ident -filter -working-tree-encoding -export-ignore -export-subst -diff -merge\n';

/** Branches and tags, with those that are gone at the source gone here, too. */
const REFSPECS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] as const;

/** Where the mirror of a repository stands, whether it is there or not. */
export function mirrorOf({ root }: Pick<Mirrors, 'root'>, { url }: GitSource): string {
  return join(root, `${createHash('sha256').update(url).digest('hex')}.git`);
}

/** Works with the mirror of a repository, which is not taken away meanwhile. */
export async function withMirror<T>(
  mirrors: Mirrors,
  source: GitSource,
  work: (mirror: string) => Promise<T>,
): Promise<T> {
  const mirror = mirrorOf(mirrors, source);
  mirrors.users.set(mirror, (mirrors.users.get(mirror) ?? 0) + 1);
  try {
    return await work(mirror);
  } finally {
    const left = (mirrors.users.get(mirror) ?? 1) - 1;
    if (left > 0) mirrors.users.set(mirror, left);
    else mirrors.users.delete(mirror);
  }
}

/**
 * Brings the mirror of a repository up to date, or makes it. Of the same mirror, one after another.
 * @throws DrylaneError `unavailable` where that cannot be done.
 */
export async function refreshMirror(mirrors: Mirrors, source: GitSource): Promise<void> {
  await withMirror(mirrors, source, async (mirror) => {
    const busy = `${mirror}.busy`;
    // It was not finished: this directory is ours alone, so nobody is at it.
    if (existsSync(busy) || isSwollen(mirrors, mirror)) await removeTree(mirror);
    writeFileSync(busy, '', { mode: 0o600 });
    try {
      if (!existsSync(mirror)) {
        await makeRoom(mirrors);
        await makeMirror(mirror, mirrors.bounds);
      }
      await fetchInto(mirror, source, mirrors.bounds);
      const now = new Date();
      utimesSync(mirror, now, now);
      rmSync(busy);
    } catch (cause) {
      // A git that was killed leaves locks behind, and nothing is known of what it had written: the next one starts anew.
      if (isGitFault(cause) && !cause.killed) rmSync(busy);
      throw new DrylaneError('unavailable', { field: 'workspace.git.url', ...wordsOf(cause) }, { cause });
    }
  });
}

/**
 * Whether a mirror that nobody else is at work in holds more than one fetch can have brought. Git keeps what was there
 * once: whoever pushes something else each time could fill the disk.
 */
function isSwollen({ bounds, users }: Mirrors, mirror: string): boolean {
  return users.get(mirror) === 1 && existsSync(mirror) && bytesBelow(mirror) > 2 * bounds.fileBytes;
}

async function fetchInto(mirror: string, { scheme, url }: GitSource, bounds: GitBounds): Promise<void> {
  const fetch = [
    'fetch',
    '--quiet',
    '--prune',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
  ];
  const allow = [`protocol.${scheme}.allow=always`, `safe.directory=${mirror}`];
  await git(['--git-dir', mirror, ...fetch, '--', url, ...REFSPECS], bounds, allow);
}

function wordsOf(cause: unknown): { readonly message: string; readonly mend: string } {
  if (isGitFault(cause) && cause.gitStatus === null)
    return {
      message: 'could not be fetched in the time there was',
      mend: 'try again, or raise the time limit',
    };
  return { message: 'could not be fetched', mend: 'see that the repository is there, and open to read' };
}

/** About how many bytes the files below a directory have. */
export function bytesBelow(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** Takes away mirrors that nobody is at work in, until one more is not too many. */
async function makeRoom({ root, most, users }: Mirrors): Promise<void> {
  const mirrors = readdirSync(root)
    .filter((name) => name.endsWith('.git'))
    .map((name) => join(root, name));
  const idle = mirrors
    .filter((mirror) => !users.has(mirror))
    .map((mirror) => ({ mirror, fetchedMs: statSync(mirror).mtimeMs }))
    .sort((a, b) => a.fetchedMs - b.fetchedMs);
  for (const { mirror } of idle.slice(0, Math.max(0, mirrors.length + 1 - most))) {
    await removeTree(mirror);
    rmSync(`${mirror}.busy`, { force: true });
  }
}

async function makeMirror(mirror: string, bounds: GitBounds): Promise<void> {
  await git(['init', '--quiet', '--bare', '--template=', '--', mirror], bounds);
  mkdirSync(join(mirror, 'info'), { recursive: true });
  writeFileSync(join(mirror, 'info/attributes'), ATTRIBUTES);
}

/** The commit that a name or the digits of one stand for in a mirror; undefined where it has none of that name. */
export async function commitOf(
  mirrors: Mirrors,
  source: GitSource,
  name: string,
): Promise<string | undefined> {
  return withMirror(mirrors, source, async (mirror) => {
    if (!existsSync(mirror)) return undefined;
    const args = ['--git-dir', mirror, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`];
    try {
      return (await git(args, mirrors.bounds, [`safe.directory=${mirror}`])).trim();
    } catch (cause) {
      if (isGitFault(cause) && cause.gitStatus === 1) return undefined;
      throw cause;
    }
  });
}
