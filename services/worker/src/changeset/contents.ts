import { createHash, hash } from 'node:crypto';
import { closeSync, read as readCallback, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { DrylaneError } from '@drylane/proto/errors';
import { openUnlocking } from '../evidence/states.ts';
import type { Entry, PathKey, Tree, Unlocking } from '../evidence/tree.ts';
import type { Contents } from './tar.ts';

/** Files up to this size are read in one go. */
const WHOLE_BYTES = 256 * 1024;
const PART_BYTES = 256 * 1024;

const read = promisify(readCallback);

/** A file that was seen, and whether contents with a sha256 are those that it has. */
export interface SeenFile {
  readonly key: PathKey;
  readonly entry: Entry;
  readonly has: (sha256: string) => boolean;
}

/**
 * The contents of a file, as long as it was and surely those that it has.
 * @throws DrylaneError `sandbox-failed`, for a large file while it is read, where they are others or cannot be read.
 */
export function contentsOf(tree: Tree, file: SeenFile, unlocking: Unlocking): Contents {
  return file.entry.size > WHOLE_BYTES ? readParts(tree, file, unlocking) : readWhole(tree, file, unlocking);
}

function readWhole(tree: Tree, { key, entry, has }: SeenFile, unlocking: Unlocking): Buffer {
  const fd = openSeen(tree, key, entry, unlocking);
  try {
    const buffer = Buffer.allocUnsafe(entry.size);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(fd, buffer, length, buffer.length - length, null);
    if (length !== entry.size || !has(hash('sha256', buffer))) throw otherwise();
    return buffer;
  } finally {
    closeSync(fd);
  }
}

async function* readParts(
  tree: Tree,
  { key, entry, has }: SeenFile,
  unlocking: Unlocking,
): AsyncGenerator<Uint8Array, void, void> {
  const fd = openSeen(tree, key, entry, unlocking);
  try {
    const sum = createHash('sha256');
    for (let left = entry.size; left > 0; ) {
      const { bytesRead, buffer } = await read(fd, Buffer.allocUnsafe(PART_BYTES), 0, PART_BYTES, null);
      left -= bytesRead;
      if (bytesRead === 0 || left < 0) throw otherwise();
      const part = buffer.subarray(0, bytesRead);
      sum.update(part);
      if (left === 0 && !has(sum.digest('hex'))) throw otherwise();
      yield part;
    }
  } finally {
    closeSync(fd);
  }
}

function openSeen(tree: Tree, key: PathKey, entry: Entry, unlocking: Unlocking): number {
  const fd = openUnlocking(tree, key, entry, unlocking);
  if (typeof fd === 'string') throw otherwise();
  return fd;
}

const otherwise = (): DrylaneError =>
  new DrylaneError('sandbox-failed', {
    field: 'changes',
    message: 'a file is not what it was when the command had ended',
    mend: 'rehearse again',
  });
