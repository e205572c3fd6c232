import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A digest over every path below a directory, with its type, mode and content. */
export async function hashTree(root: string): Promise<string> {
  const hash = createHash('sha256');
  const paths = await readdir(root, { recursive: true });
  for (const path of ['', ...paths.sort()]) {
    const whole = join(root, path);
    const info = await lstat(whole);
    hash.update(`${path}\0${info.mode}\0${info.uid}\0${info.gid}\0${info.mtimeMs}\0`);
    if (info.isFile()) hash.update(await readFile(whole));
    if (info.isSymbolicLink()) hash.update(await readlink(whole));
  }
  return hash.digest('hex');
}
