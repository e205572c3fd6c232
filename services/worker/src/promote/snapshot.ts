import { createHash, hash } from 'node:crypto';
import type { FileState } from '@drylane/proto/evidence';
import { encodePath } from '@drylane/proto/paths';
import { createPace } from '../evidence/pace.ts';
import type { PathKey } from '../evidence/tree.ts';
import type { Stamp } from './effect.ts';
import { codeOf, type Ground, unfit } from './ground.ts';
import type { Live, Snapshot } from './promote.ts';
import type { Rooted } from './roots.ts';

/** Files up to this size are read at once. */
const WHOLE_BYTES = 2 ** 20;

/** Codes that tell of a way that is not there, or leads through a link, and so of a workspace that changed. */
export const ASTRAY: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE']);

/**
 * Reads what stands at every path that a change set is about, contents too. `mounts` are the paths where something is
 * mounted below the workspace: nothing there is ever touched.
 * @throws DrylaneError `machine-unfit` where something cannot be read.
 */
export async function takeSnapshot(
  ground: Ground,
  rooted: readonly Rooted[],
  mounts: readonly PathKey[],
): Promise<Snapshot> {
  const snapshot = new Map<PathKey, Live>();
  const pace = createPace();
  for (const item of rooted) {
    if (item.within === 'made') continue;
    try {
      snapshot.set(item.key, await readLive(ground, item, mounts));
    } catch (cause) {
      throw unfit(item.key, cause);
    }
    await pace();
  }
  return snapshot;
}

async function readLive(ground: Ground, item: Rooted, mounts: readonly PathKey[]): Promise<Live> {
  const { key, entry } = item;
  if (mounts.some((mount) => key === mount || key.startsWith(`${mount}/`))) return { at: 'mount' };
  try {
    const stamp = ground.look(ground.live, key);
    if (stamp === undefined) return { at: 'nothing' };
    const goes = stamp.type === 'dir' && entry.before?.type === 'dir' && entry.after?.type !== 'dir';
    const names = goes ? ground.live.list(key) : null;
    const state = await readState(ground, key, stamp, entry);
    return { at: 'there', state, stamp, names };
  } catch (cause) {
    const code = codeOf(cause) ?? '';
    if (code === 'EXDEV') return { at: 'mount' };
    if (ASTRAY.has(code)) return { at: 'unreachable' };
    throw cause;
  }
}

async function readState(
  ground: Ground,
  key: PathKey,
  stamp: Stamp,
  { before, after }: Rooted['entry'],
): Promise<FileState> {
  const { type, size, mode, uid, gid } = stamp;
  // A size that is neither's tells as much as the contents would.
  const compared =
    type === 'file' && [before, after].some((state) => state?.type === 'file' && state.size === size);
  return {
    type,
    size: type === 'file' ? size : 0,
    mode: mode.toString(8).padStart(4, '0'),
    ...{ uid, gid },
    sha256: compared ? await hashLive(ground, key, stamp) : null,
    target: type === 'symlink' ? encodePath(ground.live.target(key)) : null,
  };
}

/** The sha256 of a live file; null when it is not read to the end that its size told of. */
async function hashLive(ground: Ground, key: PathKey, stamp: Stamp): Promise<string | null> {
  const fd = ground.live.openFile(key, stamp);
  try {
    return await hashFile(ground, fd, stamp.size);
  } finally {
    ground.disk.close(fd);
  }
}

/** The sha256 of an open file; null when it does not have that size. */
export async function hashFile(
  { disk }: Pick<Ground, 'disk'>,
  fd: number,
  size: number,
): Promise<string | null> {
  // One byte more than expected shows a file that grew meanwhile.
  const buffer = Buffer.allocUnsafe(Math.min(size + 1, WHOLE_BYTES));
  let got = disk.read(fd, buffer);
  if (got === size && size < WHOLE_BYTES) return hash('sha256', buffer.subarray(0, size));
  const sum = createHash('sha256');
  const pace = createPace();
  let length = 0;
  for (; got > 0; got = disk.read(fd, buffer)) {
    sum.update(buffer.subarray(0, got));
    length += got;
    if (length > size) return null;
    await pace();
  }
  return length === size ? sum.digest('hex') : null;
}
