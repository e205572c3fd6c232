import { joinKey, type PathKey, type Tree } from '../evidence/tree.ts';
import { codeOf, type Ground } from './ground.ts';
import { openUp } from './perform.ts';

/** What unlink(2) says of a directory: Linux the first, POSIX the second. */
const IS_DIRECTORY: ReadonlySet<string> = new Set(['EISDIR', 'EPERM']);

/**
 * Takes a run's stage out of the workspace, with all that is in it. Follows no link and enters no mount. Whatever else
 * stands by its name is left alone: by its inode it is known, and one that has none yet is empty.
 * @throws Node's system errors; then some of it may be left.
 */
export function sweep(ground: Ground, name: string, ino: bigint | undefined): void {
  const found = ground.look(ground.live, name);
  if (found?.type !== 'dir') return;
  {
    using stage = ground.open(name);
    const isOurs =
      ino === undefined ? stage.list('').length === 0 : ground.stampOf(stage.directory('')).ino === ino;
    if (!isOurs) return;
    empty(ground, stage);
  }
  ground.disk.rmdir(ground.live.at(name));
}

/** Removes everything below a tree's root, however deep it goes. */
function empty(ground: Ground, tree: Tree): void {
  const pending: PathKey[] = [''];
  for (let key = pending.at(-1); key !== undefined; key = pending.at(-1)) {
    const directories = clear(ground, tree, key);
    if (directories.length > 0) {
      pending.push(...directories);
      continue;
    }
    pending.pop();
    if (key !== '') ground.disk.rmdir(tree.at(key));
  }
}

/** Removes all but the directories from a directory; the answer is those. */
function clear(ground: Ground, tree: Tree, key: PathKey): PathKey[] {
  const directories: PathKey[] = [];
  for (const name of listOpened(ground, tree, key)) {
    const path = joinKey(key, name);
    try {
      ground.disk.unlink(tree.at(path));
    } catch (cause) {
      const code = codeOf(cause) ?? '';
      if (code === 'ENOENT') continue;
      if (!IS_DIRECTORY.has(code) || ground.look(tree, path)?.type !== 'dir') throw cause;
      directories.push(path);
    }
  }
  return directories;
}

/** The names in a directory, which is made ours to read and change first: what was removed may have been closed. */
function listOpened(ground: Ground, tree: Tree, key: PathKey): string[] {
  if (key !== '') openUp(ground, tree, key);
  return tree.list(key);
}
