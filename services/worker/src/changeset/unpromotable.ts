import { isUtf8 } from 'node:buffer';
import type { FileType } from '@drylane/proto/evidence';
import { decodePath } from '@drylane/proto/paths';
import { keyBytes } from '../evidence/tree.ts';
import type { Landing, Stood } from './landing.ts';
import { WHITEOUT } from './members.ts';

/** What stands somewhere at the end and cannot be carried over. */
const NEVER_LANDS: Readonly<Record<FileType, string | null>> = {
  file: null,
  dir: null,
  symlink: null,
  fifo: 'a FIFO never lands',
  socket: 'a socket never lands',
  device: 'a device never lands',
};

const SET_ID = 0o6000;
const SET_UID = 0o4000;
/** The times that a manifest can say: 20 digits of nanoseconds. */
const END_OF_TIME = 10n ** 20n;

/**
 * Why a changed path cannot be promoted, in words for a person; null where it can. `named` says whether the layer has to
 * hold its name: what goes with a whole directory is not named there.
 */
export function whyUnpromotable({ key, before, after }: Landing, named: boolean): string | null {
  if (named && !isUtf8(keyBytes(key))) return 'its name is not UTF-8';
  if (named && key.split('/').some((name) => name.startsWith(WHITEOUT)))
    return `its name begins with ${WHITEOUT}, which is how a layer says that something is gone`;
  if (after === null) return null;
  const { state, entry } = after;
  if (NEVER_LANDS[state.type] !== null) return NEVER_LANDS[state.type];
  if (entry.mtimeNs <= -END_OF_TIME || entry.mtimeNs >= END_OF_TIME)
    return 'its time of change is out of range';
  if (state.target !== null && !isUtf8(decodePath(state.target))) return 'where it points to is not UTF-8';
  return gainsId(before, after)
    ? 'a program that runs as its owner or group, whoever starts it, never lands'
    : null;
}

/**
 * Whether a regular file has a set-user-id or set-group-id bit that these contents did not have. On a directory, the
 * second is how teams share one, and the first means nothing: only somebody else has a use for it.
 */
function gainsId(before: Stood | null, { state: now }: Stood): boolean {
  const bits = Number.parseInt(now.mode, 8) & (now.type === 'dir' ? SET_UID : SET_ID);
  if (bits === 0) return false;
  if (now.type === 'dir')
    return before?.state.type !== 'dir' || (bits & ~Number.parseInt(before.state.mode, 8)) !== 0;
  const old = before?.state;
  const same = old?.sha256 === now.sha256 && old.uid === now.uid && old.gid === now.gid;
  return !same || (bits & ~Number.parseInt(old.mode, 8)) !== 0;
}
