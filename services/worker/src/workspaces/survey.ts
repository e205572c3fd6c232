import { isUtf8 } from 'node:buffer';
import type { Digest } from '@drylane/proto/digest';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import { printable } from '@drylane/proto/fields';
import { type CompiledPattern, compilePattern, matchesPattern, type PathPattern } from '@drylane/proto/paths';
import { contentsOf } from '../changeset/contents.ts';
import { pathOf } from '../evidence/keys.ts';
import { createPace } from '../evidence/pace.ts';
import { stateOf } from '../evidence/states.ts';
import { type Entry, joinKey, keyBytes, type PathKey, Tree } from '../evidence/tree.ts';
import { attempt } from '../evidence/walk.ts';
import { MAX_PATH_BYTES, type TreeLimits } from './limits.ts';
import { manifestOf, type SnapshotEntry, snapshotDigest } from './manifest.ts';
import { refused, systemRefused } from './refuse.ts';

/** What of a directory becomes a snapshot. */
export interface Packing {
  /** Left out with all below; nothing else is, whatever an ignore file says. */
  readonly exclude: readonly PathPattern[];
  readonly limits: Pick<TreeLimits, 'entries' | 'bytes' | 'depth'>;
}

/** A path of a directory, as it was when it was surveyed. */
export interface Surveyed {
  readonly key: PathKey;
  readonly seen: Entry;
  readonly entry: SnapshotEntry;
}

/** All that a snapshot of a directory holds, and what it is called. */
export interface Survey {
  readonly digest: Digest;
  /** In the manifest's order. */
  readonly found: readonly Surveyed[];
  /** Of all files together. */
  readonly bytes: number;
}

/** Things wrong that are told at once. */
const MOST_PROBLEMS = 10;

/**
 * Reads a directory, with every file in it, to learn the digest that its snapshot will have.
 * @throws DrylaneError `bad-input` with all that a snapshot cannot hold: sockets, set-id files, names that are not UTF-8, what
 * cannot be read, what is too much.
 */
export async function surveyWorkspace(directory: string, packing: Packing): Promise<Survey> {
  try {
    using tree = new Tree(Buffer.from(directory));
    const found = new Map<string, Surveyed>();
    const problems: Problem[] = [];
    const pace = createPace();
    let bytes = 0;
    for (const { key, seen } of walkIncluded(tree, packing, problems)) {
      bytes += seen.type === 'file' ? seen.size : 0;
      if (bytes > packing.limits.bytes) throw tooMuch(`${packing.limits.bytes} bytes`);
      const entry = await entryOf(tree, key, seen);
      if ('message' in entry) problems.push(entry);
      else found.set(entry.path, { key, seen, entry });
      if (problems.length >= MOST_PROBLEMS) break;
      await pace();
    }
    if (problems.length > 0) throw new DrylaneError('bad-input', problems);
    const manifest = manifestOf([...found.values()].map(({ entry }) => entry));
    const inOrder = manifest.entries.flatMap(({ path }) => found.get(path) ?? []);
    return { digest: await snapshotDigest(manifest), found: inOrder, bytes };
  } catch (cause) {
    throw systemRefused('workspace', cause);
  }
}

/** Every path that is not excluded; what could not be looked at goes to `problems`. */
function* walkIncluded(
  tree: Tree,
  { exclude, limits }: Packing,
  problems: Problem[],
): Generator<Pick<Surveyed, 'key' | 'seen'>, void, void> {
  const excluded = exclude.map(compilePattern);
  const pending: PathKey[] = [''];
  let entries = 0;
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const key of namesIn(tree, at, problems)) {
      if (isExcluded(excluded, key)) continue;
      checkLength(key, limits.depth);
      entries += 1;
      if (entries > limits.entries) throw tooMuch(`${limits.entries} entries`);
      const seen = attempt(() => tree.entry(key)) ?? 'it vanished';
      if (typeof seen === 'string') {
        problems.push(problemOf(key, `cannot be read: ${seen}`, EXCLUDE));
        continue;
      }
      yield { key, seen };
      if (seen.type === 'dir') pending.push(key);
    }
  }
}

function namesIn(tree: Tree, directory: PathKey, problems: Problem[]): readonly PathKey[] {
  const names = attempt(() => tree.list(directory));
  if (typeof names !== 'string') return names.map((name) => joinKey(directory, name));
  problems.push(problemOf(directory, `cannot be read: ${names}`, EXCLUDE));
  return [];
}

const EXCLUDE = 'exclude it, or make it readable';

const isExcluded = (patterns: readonly CompiledPattern[], key: PathKey): boolean =>
  patterns.some((pattern) => matchesPattern(pattern, keyBytes(key)));

function checkLength(key: PathKey, depth: number): void {
  if (key.length > MAX_PATH_BYTES || key.split('/').length > depth)
    throw refused(pathOf(key), `lies more than ${depth} levels deep, or has too long a path`, 'exclude it');
}

/** What a snapshot says of a path, or why it cannot hold it. */
async function entryOf(tree: Tree, key: PathKey, seen: Entry): Promise<SnapshotEntry | Problem> {
  const { type } = seen;
  if (!isUtf8(keyBytes(key)) || pathOf(key).includes('\ufffd'))
    return problemOf(key, 'has a name that is not UTF-8', 'rename or exclude it');
  if (type !== 'file' && type !== 'dir' && type !== 'symlink')
    return problemOf(key, `is a ${type}`, 'exclude it');
  if (type !== 'symlink' && (seen.mode & 0o6000) !== 0)
    return problemOf(key, 'is set-uid or set-gid', 'take the bit away (chmod ug-s), or exclude it');
  const [sha256, target] =
    type === 'file'
      ? [await sumOf(tree, key, seen), null]
      : [null, type === 'symlink' ? tree.target(key) : null];
  if (type === 'file' && sha256 === null) return problemOf(key, 'cannot be read, or changes', EXCLUDE);
  if (target !== null && (!isUtf8(target) || target.includes('\ufffd')))
    return problemOf(key, 'is a link to what is no path in UTF-8', 'exclude it');
  const { mode, size, ...told } = stateOf(
    seen,
    sha256,
    target === null ? null : pathOf(target.toString('latin1')),
  );
  return { path: pathOf(key), type, mode, size, sha256: told.sha256, target: told.target };
}

/** The sha256 of a file's contents; null where they cannot be read whole. */
async function sumOf(tree: Tree, key: PathKey, entry: Entry): Promise<string | null> {
  let sum: string | null = null;
  const has = (sha256: string): boolean => {
    sum = sha256;
    return true;
  };
  try {
    const contents = contentsOf(tree, { key, entry, has }, 'leave');
    if (!Buffer.isBuffer(contents)) for await (const _ of contents);
    return sum;
  } catch (cause) {
    if (cause instanceof DrylaneError) return null;
    throw cause;
  }
}

const problemOf = (key: PathKey, message: string, mend: string): Problem => ({
  field: printable(pathOf(key), 200),
  message,
  mend,
});

const tooMuch = (limit: string): DrylaneError =>
  refused('workspace', `holds more than ${limit}`, 'exclude what the command does not need');
