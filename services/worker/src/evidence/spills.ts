import { closeSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import type { Watch } from '@drylane/chassis/redact/watch';
import { encodePath } from '@drylane/proto/paths';
import { allowReading, BUDGET, type ReadAllowance } from './budget.ts';
import type { Difference } from './differences.ts';
import { createPace } from './pace.ts';
import type { Spill } from './spill.ts';
import { allocatedBytes, openUnlocking } from './states.ts';
import { keyBytes, type Tree } from './tree.ts';
import { attempt } from './walk.ts';

const CHUNK_BYTES = 2 ** 20;

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
  const allowance = allowReading();
  for (const difference of differences) {
    if (difference.after === null) continue;
    const { key } = difference;
    if (spills.length >= BUDGET.spills) return { spills, complete: false };
    const inside = await seenIn(upper, difference, watch, allowance);
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
  allowance: ReadAllowance,
): Promise<readonly string[] | null> {
  if (after.type === 'symlink') {
    const target = attempt(() => upper.target(key));
    return typeof target === 'string' ? null : watch.in(target);
  }
  if (after.type !== 'file') return [];
  const fd = openUnlocking(upper, key, after, 'unlock');
  if (typeof fd === 'string') return null;
  try {
    if (!allowance.take(after.size, allocatedBytes(fd))) return null;
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
