import type { DrylaneError } from '@drylane/proto/errors';
import type { Member } from '../changeset/tar.ts';
import { type PathKey, parentOf } from '../evidence/tree.ts';
import {
  MAX_NAME_BYTES,
  MAX_NAMES_BYTES,
  MAX_PATH_BYTES,
  MAX_TARGET_BYTES,
  type TreeLimits,
} from './limits.ts';
import { refused } from './refuse.ts';

/** Where a member of a tar comes to stand. */
export interface Place {
  /** The root is ''. */
  readonly key: PathKey;
  /** Directories that have to be made before it, first to last: none of the members so far named them. */
  readonly missing: readonly PathKey[];
  /** Whether it is a directory that was made because something below it came first. */
  readonly made: boolean;
}

/** Says where each member comes to stand; asked of every member, in order. @throws DrylaneError `bad-input`. */
export type Placer = (member: Member) => Place;

type Standing = 'leaf' | 'named directory' | 'made directory';

const SET_ID = 0o6000;

/**
 * Makes a {@link Placer} for one tree. It knows all that stands, so that no member can lie below a file or a link, or come
 * twice: what it answers leads nowhere but into the tree.
 */
export function createPlacer(
  limits: Pick<TreeLimits, 'entries' | 'bytes' | 'depth'>,
  namesBytes = MAX_NAMES_BYTES,
): Placer {
  const standing = new Map<PathKey, Standing>([['', 'made directory']]);
  let bytes = 0;
  let names = 0;
  return (member) => {
    const key = keyOf(member, limits.depth);
    checkKind(member, key);
    const missing = missingAbove(standing, key, member.name);
    const before = standing.get(key);
    if (before !== undefined && !(before === 'made directory' && member.type === 'directory'))
      throw refused(member.name, 'is there twice', 'pack it again');
    for (const directory of missing) standing.set(directory, 'made directory');
    standing.set(key, member.type === 'directory' ? 'named directory' : 'leaf');
    bytes += member.size;
    if (bytes > limits.bytes) throw tooMuch(`holds more than ${limits.bytes} bytes`);
    for (const name of [key, member.target ?? '', ...missing]) names += name.length;
    // All of them are held in memory until the tree stands, several times over.
    if (names > namesBytes) throw tooMuch(`has names of more than ${namesBytes} bytes together`);
    // The root is no entry.
    if (standing.size - 1 > limits.entries) throw tooMuch(`holds more than ${limits.entries} entries`);
    return { key, missing, made: before !== undefined };
  };
}

/** The bytes of a member's name, once it is sure that they stay in the tree. */
function keyOf({ name, type }: Member, depth: number): PathKey {
  const refuse = (message: string, mend: string): never => {
    throw refused(name, message, mend);
  };
  // tar-stream gives bytes that are not UTF-8 as this character, and other names could then become the same.
  if (name.includes('\ufffd') || !name.isWellFormed()) refuse('has a name that is not UTF-8', 'rename it');
  if (name.includes('\0')) refuse('has a NUL byte in its name', 'rename it');
  if (name.startsWith('/')) refuse('is an absolute name', 'pack it with names relative to the workspace');
  const key = Buffer.from(name.replace(/^\.\//, '')).toString('latin1');
  const bare = type === 'directory' ? key.replace(/\/$/, '') : key;
  if (bare === '' || bare === '.') {
    if (type !== 'directory') refuse('stands for the workspace itself, and is no directory', 'pack it again');
    return '';
  }
  const parts = bare.split('/');
  if (parts.includes('..')) refuse('climbs with ..', 'pack it with names inside the workspace');
  if (parts.includes('') || parts.includes('.'))
    refuse('has an empty or . part in its name', 'pack it again');
  if (parts.length > depth) refuse(`lies more than ${depth} levels deep`, 'exclude it');
  if (bare.length > MAX_PATH_BYTES || parts.some((part) => part.length > MAX_NAME_BYTES))
    refuse('has a name that is too long', 'shorten it');
  return bare;
}

function checkKind({ name, mode, type, target }: Member, key: PathKey): void {
  if (key !== '' && type !== 'symlink' && (mode & SET_ID) !== 0)
    throw refused(name, 'is set-uid or set-gid', 'take the bit away: chmod ug-s');
  if (type !== 'symlink') return;
  const to = target ?? '';
  if (to === '' || to.includes('\0') || to.includes('\ufffd') || !to.isWellFormed())
    throw refused(name, 'is a link to what is no path in UTF-8', 'remove it');
  if (Buffer.byteLength(to) > MAX_TARGET_BYTES)
    throw refused(name, 'is a link to a path too long', 'remove it');
}

function missingAbove(standing: ReadonlyMap<PathKey, Standing>, key: PathKey, name: string): PathKey[] {
  const missing: PathKey[] = [];
  for (let at = parentOf(key); at !== ''; at = parentOf(at)) {
    const stands = standing.get(at);
    if (stands === 'leaf') throw refused(name, 'lies below what is no directory', 'pack it again');
    if (stands !== undefined) break;
    missing.unshift(at);
  }
  return missing;
}

const tooMuch = (message: string): DrylaneError =>
  refused('snapshot', message, 'exclude what the command does not need');
