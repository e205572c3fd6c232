import { setTimeout as sleep } from 'node:timers/promises';
import { pathOf } from '../evidence/keys.ts';
import { joinKey, type PathKey, type Tree } from '../evidence/tree.ts';
import type { Effect, Staged } from './effect.ts';
import type { Ground } from './ground.ts';
import { isStaged, linkInto, type Of, openUp, withGrasp } from './perform.ts';
import type { Stage } from './stage.ts';

/** How often a roll-back is tried, with a rest between: a directory that was moved may come back. */
const ROUNDS = 5;
const REST_MS = 20;

/** How far off a time may be that was set: file systems round it, some to two seconds. */
const CLOSE_NS = 2_000_000_000n;

/**
 * Undoes effects, the last one first. Which of them happened is read from the file system, so it does not matter where
 * apply ended, nor how often this was begun. Where neither ours nor what was there before stands, nothing is touched:
 * those paths are the answer, and what was there before stays in the stage.
 */
export async function rollBack(
  ground: Ground,
  stage: Stage,
  effects: readonly Effect[],
  staged: Staged,
): Promise<readonly string[]> {
  let left: readonly Effect[] = effects.toReversed();
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await sleep(REST_MS);
    left = left.filter((effect) => !isUndone(ground, stage, effect, staged));
    if (left.length === 0) return [];
  }
  return [...new Set(left.map(({ key }) => pathOf(key)))];
}

function isUndone(ground: Ground, stage: Stage, effect: Effect, staged: Staged): boolean {
  try {
    return undo(ground, stage, effect, staged);
  } catch {
    // Whatever the system says, the path is not as it was: it is told by its name.
    return false;
  }
}

function undo(ground: Ground, stage: Stage, effect: Effect, staged: Staged): boolean {
  switch (effect.do) {
    case 'stash':
      return undoStash(ground, stage, effect);
    case 'place':
      return undoPlace(ground, stage, effect, staged);
    case 'replace':
      return undoReplace(ground, stage, effect, staged);
    case 'attributes':
      return undoAttributes(ground, effect);
    case 'times':
      return undoTimes(ground, effect);
  }
}

function undoStash(ground: Ground, { kept }: Stage, { key, n }: Of<'stash'>): boolean {
  const { disk, live } = ground;
  const old = ground.look(kept, `${n}`);
  if (old === undefined) return true;
  const found = ground.look(live, key);
  if (found !== undefined) return found.ino === old.ino;
  if (old.type !== 'dir') {
    if (!linkInto(ground, kept.at(`${n}`), key)) return false;
    // Where the file system knows no links, it is gone from here already.
    if (ground.look(kept, `${n}`) !== undefined) disk.unlink(kept.at(`${n}`));
    return true;
  }
  disk.rename(kept.at(`${n}`), live.at(key));
  return true;
}

function undoPlace(ground: Ground, { made }: Stage, { key, n, type }: Of<'place'>, staged: Staged): boolean {
  const { disk, live } = ground;
  const [at, back] = [`${n}`, `${n}-`];
  if (ground.look(made, back) !== undefined) return true;
  const left = ground.look(made, at);
  const found = ground.look(live, key);
  if (!isStaged(found, staged, at)) return left !== undefined && (type === 'dir' || left.nlink === 1);
  if (!isWhole(ground, live, key, at, staged)) return false;
  // Its owner may move a directory only with the right to write to it, because that changes what `..` means in it.
  if (type === 'dir') openUp(ground, live, key);
  disk.rename(live.at(key), made.at(back));
  if (isStaged(ground.look(made, back), staged, at) && isWhole(ground, made, back, at, staged)) return true;
  // Someone was quicker than the rename, or wrote into it: it is theirs.
  if (type === 'dir') disk.rename(made.at(back), live.at(key));
  else if (linkInto(ground, made.at(back), key)) disk.unlink(made.at(back));
  return false;
}

function undoReplace(ground: Ground, { made, kept }: Stage, effect: Of<'replace'>, staged: Staged): boolean {
  const { key, n, was } = effect;
  const { disk, live } = ground;
  const found = ground.look(live, key);
  if (found?.ino === was.ino) return true;
  const old = ground.look(kept, `${n}`);
  const isOurs = isStaged(found, staged, `${n}`);
  if (old === undefined) return !isOurs;
  const isAhead = ground.look(made, `${n}`) !== undefined;
  // Gone, and ours never came: we took it away ourselves. If ours did come, somebody else took that away.
  if (found === undefined) return isAhead && linkInto(ground, kept.at(`${n}`), key);
  // Where the file system knows no links, what was there is only in `old` by now, and is not ours to throw away.
  if (!isOurs) return found.ino === old.ino || (isAhead && old.nlink > was.nlink);
  disk.rename(kept.at(`${n}`), live.at(key));
  return true;
}

function undoAttributes(ground: Ground, { key, was, become }: Of<'attributes'>): boolean {
  return withGrasp(ground, ground.live, key, (fd) => {
    const found = ground.stampOf(fd);
    if (found.ino !== was.ino) return false;
    const path = Buffer.from(`/proc/self/fd/${fd}`);
    const isEither = (name: 'uid' | 'gid'): boolean =>
      found[name] === was[name] || found[name] === become[name];
    // A change of owner takes set-id bits away, so that they may be in any state in between.
    const isKnownMode = [was.mode, become.mode].some((mode) => ((mode ^ found.mode) & ~0o6000) === 0);
    if (!isEither('uid') || !isEither('gid') || !isKnownMode) return false;
    if (found.uid !== was.uid || found.gid !== was.gid) ground.disk.chown(path, was.uid, was.gid);
    if (ground.stampOf(fd).mode !== was.mode) ground.disk.chmod(path, was.mode);
    return true;
  });
}

function undoTimes(ground: Ground, { key, was, mtimeNs }: Of<'times'>): boolean {
  return withGrasp(ground, ground.live, key, (fd) => {
    const found = ground.stampOf(fd);
    if (found.ino !== was.ino) return false;
    const off = found.mtimeNs - mtimeNs;
    // Any other time is that of a later change, and tells the truth.
    if (off > -CLOSE_NS && off < CLOSE_NS) ground.disk.touch(fd, was.mtimeNs);
    return true;
  });
}

/** Whether a tree of ours holds what was staged and nothing else, so that taking it away takes nobody's work. */
function isWhole(ground: Ground, tree: Tree, key: PathKey, at: PathKey, staged: Staged): boolean {
  if (staged.get(at)?.type !== 'dir') return true;
  for (const [part, stamp] of staged) {
    if (part !== at && !part.startsWith(`${at}/`)) continue;
    const there = `${key}${part.slice(at.length)}`;
    if (!isStaged(ground.look(tree, there), staged, part)) return false;
    if (stamp.type !== 'dir') continue;
    if (!tree.list(there).every((name) => staged.has(joinKey(part, name)))) return false;
  }
  return true;
}
