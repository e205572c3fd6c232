import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, read as readCallback, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { FileState } from '@drylane/proto/evidence';
import { encodePath } from '@drylane/proto/paths';
import { isBinaryFileSync } from 'isbinaryfile';
import { allowReading, BUDGET } from './budget.ts';
import type { Entry, PathKey, Tree, Unlocking } from './tree.ts';
import { attempt } from './walk.ts';

/** Files up to this size are held in memory and compared by line. */
const MAX_TEXT_BYTES = 8 * 2 ** 20;
/** Bytes at the start of a file that tell text from binary. */
const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 2 ** 20;

const read = promisify(readCallback);

/** What stands at a path, with its content where that can be compared. */
export interface Content {
  readonly state: FileState;
  /** All bytes of a regular file of at most {@link MAX_TEXT_BYTES}, else null; null too when too many were kept before. */
  readonly bytes: Buffer | null;
  readonly binary: boolean;
  /** False when the content could not be read whole; then `sha256` or `target` is null. */
  readonly complete: boolean;
}

/** Reads {@link Content} for one rehearsal. */
type ContentReader = (tree: Tree, key: PathKey, entry: Entry, unlocking: Unlocking) => Promise<Content>;

/**
 * Makes a reader that hashes at most `readBytes` in all, and calls what is beyond incomplete. Of `comparedBytes` in all it
 * keeps the text; of what is beyond, the hash only.
 */
export function createContentReader(
  readBytes: number = BUDGET.readBytes,
  comparedBytes: number = BUDGET.comparedBytes,
): ContentReader {
  const allowance = allowReading(readBytes);
  let compared = comparedBytes;
  return async (tree, key, entry, unlocking) => {
    if (entry.type === 'symlink') return readLink(tree, key, entry);
    if (entry.type !== 'file') return contentOf(entry, {});
    const fd = openUnlocking(tree, key, entry, unlocking);
    if (typeof fd === 'string') return contentOf(entry, { complete: false });
    try {
      if (!allowance.take(entry.size, allocatedBytes(fd))) return contentOf(entry, { complete: false });
      if (entry.size > MAX_TEXT_BYTES) return await readStream(fd, entry);
      const content = readWhole(fd, entry);
      if (content.binary) return { ...content, bytes: null };
      compared -= entry.size;
      return compared < 0 ? { ...content, bytes: null } : content;
    } finally {
      closeSync(fd);
    }
  };
}

/** Bytes of an open file that stand in blocks of a disk; the rest are holes, which read as zeros. */
export const allocatedBytes = (fd: number): number => fstatSync(fd).blocks * 512;

function contentOf(entry: Entry, found: Partial<Content> & { sha256?: string; target?: string }): Content {
  return {
    state: stateOf(entry, found.sha256 ?? null, found.target ?? null),
    bytes: found.bytes ?? null,
    binary: found.binary ?? false,
    complete: found.complete ?? true,
  };
}

/** What `lstat` says of an entry, with what reading it says. */
export function stateOf(entry: Entry, sha256: string | null, target: string | null): FileState {
  return {
    type: entry.type,
    size: entry.type === 'file' ? Math.min(entry.size, Number.MAX_SAFE_INTEGER) : 0,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    sha256,
    target,
  };
}

function readLink(tree: Tree, key: PathKey, entry: Entry): Content {
  const target = attempt(() => tree.target(key));
  return typeof target === 'string'
    ? contentOf(entry, { complete: false })
    : contentOf(entry, { target: encodePath(target) });
}

/** Opens a file of a tree, made readable to its owner first where that is allowed; the error's code when it cannot be. */
export function openUnlocking(tree: Tree, key: PathKey, entry: Entry, unlocking: Unlocking): number | string {
  const fd = attempt(() => tree.openFile(key, entry));
  if (fd !== 'EACCES' || unlocking === 'leave') return fd;
  return attempt(() => {
    tree.unlock(key, entry);
    return tree.openFile(key, entry);
  });
}

function readWhole(fd: number, entry: Entry): Content {
  // One byte more than expected shows a file that grew meanwhile.
  const buffer = Buffer.allocUnsafe(entry.size + 1);
  let length = 0;
  for (let got = -1; got !== 0 && length !== entry.size; length += got) {
    const next = attempt(() => readSync(fd, buffer, length, buffer.length - length, null));
    if (typeof next === 'string') return contentOf(entry, { complete: false });
    got = next;
  }
  if (length !== entry.size) return contentOf(entry, { complete: false });
  const bytes = buffer.subarray(0, length);
  return contentOf(entry, { sha256: hash('sha256', bytes), bytes, binary: isBinary(bytes) });
}

async function readStream(fd: number, entry: Entry): Promise<Content> {
  const sum = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let length = 0;
  let binary = false;
  for (;;) {
    const { bytesRead } = await read(fd, buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) break;
    if (length === 0) binary = isBinary(buffer.subarray(0, bytesRead));
    sum.update(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > entry.size) break;
  }
  if (length !== entry.size) return contentOf(entry, { binary, complete: false });
  return contentOf(entry, { sha256: sum.digest('hex'), binary });
}

/** isbinaryfile judges by the first 512 bytes; a NUL after them means binary to git and to every terminal. */
function isBinary(bytes: Buffer): boolean {
  const head = bytes.subarray(0, HEAD_BYTES);
  return head.includes(0) || isBinaryFileSync(head, { size: head.length });
}
