import { closeSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import type { Watch } from '@drylane/chassis/redact/watch';
import { encodePath } from '@drylane/proto/paths';
import type { Difference } from './differences.ts';
import { createPace } from './pace.ts';
import type { Spill } from './spill.ts';
import { openUnlocking } from './states.ts';
import { keyBytes, type Tree } from './tree.ts';
import { attempt } from './walk.ts';

const CHUNK_BYTES = 2 ** 20;
/** Bytes read for one rehearsal; a sparse file can claim more than anybody wrote. */
const MAX_READ_BYTES = 16 * 2 ** 30;

const read = promisify(readCallback);

/**
 * Looks for credentials in everything that stands in upper and was not there like this before, also in what is
 * reported as one change. `complete` is false when something could not be read to its end.
 */
export async function findSpills(
  upper: Tree,
  differences: readonly Difference[],
  watch: Watch,
): Promise<{ readonly spills: readonly Spill[]; readonly complete: boolean }> {
  const spills: Spill[] = [];
  const pace = createPace();
  let complete = true;
  let left = MAX_READ_BYTES;
  for (const difference of differences) {
    if (difference.after === null) continue;
    const { key, after } = difference;
    left -= after.type === 'file' ? after.size : 0;
    const inside = left < 0 ? null : await seenIn(upper, difference, watch);
    complete &&= inside !== null;
    const names = new Set([...watch.in(keyBytes(key)), ...(inside ?? [])]);
    for (const credential of names) spills.push({ credential, path: encodePath(keyBytes(key)) });
    await pace();
  }
  return { spills, complete };
}

async function seenIn(
  upper: Tree,
  { key, after }: Extract<Difference, { op: 'both' | 'added' }>,
  watch: Watch,
): Promise<readonly string[] | null> {
  if (after.type === 'symlink') {
    const target = attempt(() => upper.target(key));
    return typeof target === 'string' ? null : watch.in(target);
  }
  if (after.type !== 'file') return [];
  const fd = openUnlocking(upper, key, after, 'unlock');
  if (typeof fd === 'string') return null;
  try {
    return await seenInFile(fd, after.size, watch);
  } finally {
    closeSync(fd);
  }
}

async function seenInFile(fd: number, size: number, watch: Watch): Promise<readonly string[] | null> {
  const stream = watch.stream();
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size + 1));
  let length = 0;
  while (length <= size) {
    const { bytesRead } = await read(fd, buffer, 0, buffer.length, null);
    if (bytesRead === 0) break;
    stream.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  const names = stream.end();
  return length === size ? names : null;
}
