import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One file that an image is made from. */
export interface SourceFile {
  readonly path: string;
  readonly executable: boolean;
  /** sha256 of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/**
 * One digest, `sha256:` and hexadecimal digits, for all that an image is made from: its files, in whatever order they
 * were listed, and what is added from elsewhere, by name and version.
 */
export function sourceDigest(files: readonly SourceFile[], added: Readonly<Record<string, string>>): string {
  const fileRows = files.map((file) => [file.path, file.executable, file.sha256] as const).sort(byFirst);
  const addedRows = Object.entries(added).sort(byFirst);
  return `sha256:${sha256(JSON.stringify([fileRows, addedRows]))}`;
}

function byFirst(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : 1;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The files of a flat directory. @throws Error for anything in it that is not a plain file. */
export async function sourceFiles(directory: string): Promise<readonly SourceFile[]> {
  const names = await readdir(directory);
  return Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      const stat = await lstat(file);
      if (!stat.isFile()) throw new Error(`${file} is not a plain file`);
      return { path: name, executable: (stat.mode & 0o100) !== 0, sha256: sha256(await readFile(file)) };
    }),
  );
}
