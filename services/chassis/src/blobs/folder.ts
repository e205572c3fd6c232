import { randomUUID } from 'node:crypto';
import { access, chmod, mkdir, rename, rmdir, stat } from 'node:fs/promises';

const GROUP_MAY_WRITE = 0o020;

/** Who besides the owner gets at blobs: nobody, or the group of a directory that was made for several users. */
export const MODES = {
  own: { folder: 0o700, file: 0o600 },
  shared: { folder: 0o2770, file: 0o640 },
} as const;
export type Sharing = keyof typeof MODES;

/** A directory for blobs, made if it is not there; shared if whoever made it lets its group write. */
export async function openFolder(
  directory: string,
): Promise<{ readonly made: string | undefined; readonly sharing: Sharing }> {
  const made = await mkdir(directory, { recursive: true, mode: MODES.own.folder });
  const { mode } = await stat(directory);
  return { made, sharing: (mode & GROUP_MAY_WRITE) === 0 ? 'own' : 'shared' };
}

/**
 * Makes a directory below one for blobs unless it is there. One that is shared gets its permissions, which the process's
 * mask would thin out, before it gets its name: else another user could come to it in between, and be refused.
 */
export async function makeBelow(path: string, sharing: Sharing): Promise<void> {
  if (await isThere(path)) return;
  const { folder } = MODES[sharing];
  const temporary = `${path}.${randomUUID()}.new`;
  await mkdir(temporary, folder);
  await chmod(temporary, folder);
  await rename(temporary, path).catch(async (cause: NodeJS.ErrnoException) => {
    await rmdir(temporary);
    // Another was first, and has put something into its own.
    if (cause.code !== 'ENOTEMPTY' && cause.code !== 'EEXIST') throw cause;
  });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
