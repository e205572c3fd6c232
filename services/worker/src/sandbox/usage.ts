import { lstat, readdir } from 'node:fs/promises';

/** Disk blocks taken below a directory, in bytes; what vanishes or cannot be read meanwhile counts nothing. */
export async function bytesBelow(root: string): Promise<number> {
  let total = 0;
  const pending = [Buffer.from(root)];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const names = await readdir(directory, { encoding: 'buffer' }).catch(() => []);
    for (const name of names) {
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const info = await lstat(path).catch(() => undefined);
      if (info === undefined) continue;
      total += info.blocks * 512;
      if (info.isDirectory()) pending.push(path);
    }
  }
  return total;
}
