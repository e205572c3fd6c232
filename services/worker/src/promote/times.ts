import { hash } from 'node:crypto';
import { type PathKey, parentOf } from '../evidence/tree.ts';
import type { Effect, Held } from './effect.ts';
import { codeOf, type Ground } from './ground.ts';
import { ASTRAY } from './snapshot.ts';

/** Codes of a time that cannot be set back, ever: the directory is another's, or is gone. */
const NEVER: ReadonlySet<string> = new Set([...ASTRAY, 'EXDEV', 'EPERM']);

/** What a directory is like before anything of ours comes or goes in it. @throws Node's system errors. */
export function holdTime(ground: Ground, key: PathKey): Held {
  const { ino, mtimeNs } = ground.stampOf(ground.live.directory(key));
  return { key, ino, mtimeNs, names: namesIn(ground, key) };
}

/** The same for every directory but the root in which effects make anything come or go. */
export function holdTimes(ground: Ground, effects: readonly Effect[]): readonly Held[] {
  const parents = new Set(effects.filter(isMove).map(({ key }) => parentOf(key)));
  parents.delete('');
  return [...parents].map((key) => holdTime(ground, key));
}

/** Whether the root itself gets other entries, or a time of its own. */
export function concernsRoot(effects: readonly Effect[]): boolean {
  return effects.some((effect) =>
    isMove(effect) ? parentOf(effect.key) === '' : effect.do === 'times' && effect.key === '',
  );
}

/**
 * Gives directories the times back that they had, now that nothing of ours is in them any more. One that holds other
 * names than it did keeps its time, which tells of whoever changed it.
 * @throws Node's system errors, for what may succeed another time.
 */
export function giveTimesBack(ground: Ground, held: readonly Held[]): void {
  for (const one of held) {
    try {
      giveTimeBack(ground, one);
    } catch (cause) {
      if (!NEVER.has(codeOf(cause) ?? '')) throw cause;
    }
  }
}

function giveTimeBack(ground: Ground, { key, ino, mtimeNs, names }: Held): void {
  const { disk } = ground;
  const fd = ground.live.directory(key);
  const found = ground.stampOf(fd);
  if (found.ino !== ino || found.mtimeNs === mtimeNs || namesIn(ground, key) !== names) return;
  // The cheap call tells whether it may be done at all, but not to the nanosecond.
  disk.utimes(Buffer.from(`/proc/self/fd/${fd}`), mtimeNs);
  if (ground.stampOf(fd).mtimeNs !== mtimeNs) disk.touch(fd, mtimeNs);
}

const isMove = ({ do: name }: Effect): boolean => name === 'stash' || name === 'place' || name === 'replace';

/** A digest over the names in a directory; null for one whose owner has closed it to themselves. */
function namesIn({ live }: Ground, key: PathKey): string | null {
  try {
    return hash('sha256', live.list(key).sort().join('/'), 'base64');
  } catch (cause) {
    if (codeOf(cause) === 'EACCES') return null;
    throw cause;
  }
}
