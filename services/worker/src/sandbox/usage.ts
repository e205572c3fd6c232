import { lstat, opendir } from 'node:fs/promises';

/** What a name costs its file system, even where nothing is in the file. */
export const BYTES_PER_INODE = 4096;

/** Entries looked at in one go. */
const MAX_ENTRIES = 200_000;

/** More than any limit allows, and still a number that evidence can hold. */
export const TOO_MANY = Number.MAX_SAFE_INTEGER;

/**
 * Disk blocks taken below a directory, and {@link BYTES_PER_INODE} for each entry, in bytes; what vanishes or cannot be
 * read meanwhile counts nothing. Looking stops as soon as there is more than `enough`; of more than `maxEntries`
 * entries nobody waits for the sum: it is {@link TOO_MANY}.
 */
export async function bytesBelow(
  root: string,
  enough: number = Number.POSITIVE_INFINITY,
  maxEntries: number = MAX_ENTRIES,
): Promise<number> {
  let total = 0;
  let entries = 0;
  const pending = [Buffer.from(root)];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for await (const name of namesIn(directory)) {
      entries += 1;
      if (entries > maxEntries) return TOO_MANY;
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const info = await lstat(path).catch(() => undefined);
      if (info === undefined) continue;
      total += info.blocks * 512 + BYTES_PER_INODE;
      if (total > enough) return total;
      if (info.isDirectory()) pending.push(path);
    }
  }
  return total;
}

/** The names in a directory, as far as it can be read; a few at a time, however many there are. */
async function* namesIn(directory: Buffer): AsyncGenerator<Buffer> {
  const opened = await opendir(directory, { encoding: 'latin1' }).catch(() => undefined);
  if (opened === undefined) return;
  try {
    for await (const { name } of opened) yield Buffer.from(name, 'latin1');
  } catch {
    // It went while we looked.
  }
}
