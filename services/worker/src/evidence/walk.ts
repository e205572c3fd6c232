import { BUDGET } from './budget.ts';
import { createPace } from './pace.ts';
import { type Entry, joinKey, type PathKey, type Tree, type Unlocking } from './tree.ts';

/** Longer paths can be made, step by step, but no program can name them: PATH_MAX less room for the root's own. */
const MAX_PATH_BYTES = 3584;

/** What was found below one directory. */
export interface Walk {
  /** The entries of each directory that was read, by name. A directory comes before those inside it. */
  readonly directories: ReadonlyMap<PathKey, ReadonlyMap<string, Entry>>;
  /** Paths that could not be read, with the system's error code. */
  readonly unread: ReadonlyMap<PathKey, string>;
}

/**
 * Reads every directory at and below `start`, one after another, whatever their depth. Nothing is left out
 * silently: what cannot be read, what vanished meanwhile, what lies too deep and what is too much is in `unread`.
 */
export async function walk(
  tree: Tree,
  start: PathKey,
  unlocking: Unlocking,
  most: number = BUDGET.entries,
): Promise<Walk> {
  const directories = new Map<PathKey, ReadonlyMap<string, Entry>>();
  const unread = new Map<PathKey, string>();
  const pace = createPace();
  let left = most;
  const pending: PathKey[] = [start];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const names = left < 0 ? 'E2BIG' : listNames(tree, key, unlocking);
    if (typeof names === 'string') {
      unread.set(key, names);
      continue;
    }
    const entries = new Map<string, Entry>();
    left -= names.length;
    if (left < 0) {
      unread.set(key, 'E2BIG');
      continue;
    }
    for (const name of names) {
      const path = joinKey(key, name);
      const entry = attempt(() => tree.entry(path));
      if (entry === undefined || typeof entry === 'string') unread.set(path, entry ?? 'ENOENT');
      else {
        entries.set(name, entry);
        if (entry.type === 'dir') pending.push(path);
      }
      await pace();
    }
    directories.set(key, entries);
    await pace();
  }
  return { directories, unread };
}

function listNames(tree: Tree, key: PathKey, unlocking: Unlocking): string[] | string {
  if (key.length > MAX_PATH_BYTES) return 'ENAMETOOLONG';
  const names = attempt(() => {
    const listed = tree.list(key);
    // Listing needs the right to read, looking at what is listed the right to search: ask for both at once.
    if (listed[0] !== undefined) tree.entry(joinKey(key, listed[0]));
    return listed;
  });
  if (names !== 'EACCES' || unlocking === 'leave') return names;
  return attempt(() => {
    const entry = tree.entry(key);
    if (entry !== undefined) tree.unlock(key, entry);
    return tree.list(key);
  });
}

/** The result of a system call, or the code of the error it threw. Any other error is ours, and is thrown on. */
export function attempt<T>(call: () => T): T | string {
  try {
    return call();
  } catch (cause) {
    return errorCode(cause);
  }
}

/** The system's code of an error, such as `EACCES`; throws on what is not a system error. */
function errorCode(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw cause;
  return code;
}
