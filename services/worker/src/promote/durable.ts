import { type PathKey, parentOf } from '../evidence/tree.ts';
import type { Arrangement } from './arrange.ts';
import type { Ground } from './ground.ts';
import type { Stage } from './stage.ts';

/** Up to so many things are written to the disk one by one; beyond, the whole file system is written at once. */
const FEW = 32;

/** Whether what an arrangement makes and does is written to the disk one by one. */
export function isFew({ made, effects }: Arrangement): boolean {
  const plain = effects.every(({ do: name }) => name === 'stash' || name === 'place' || name === 'replace');
  return plain && made.length + effects.length <= FEW;
}

/** Has the stage survive a loss of power; its files, where they are few, were written when they were made. */
export function syncStage(ground: Ground, stage: Stage, arrangement: Arrangement): void {
  if (!isFew(arrangement)) {
    ground.disk.syncAll(ground.root);
    return;
  }
  for (const { at, state } of arrangement.made)
    if (state.type === 'dir') ground.disk.fsync(stage.made.directory(at));
  for (const fd of [stage.made.directory(''), stage.kept.directory(''), ground.root]) ground.disk.fsync(fd);
}

/** Has the effects survive a loss of power. */
export function syncEffects(ground: Ground, stage: Stage, arrangement: Arrangement): void {
  if (!isFew(arrangement)) {
    ground.disk.syncAll(ground.root);
    return;
  }
  const parents = new Set<PathKey>(arrangement.effects.map(({ key }) => parentOf(key)));
  for (const parent of parents) ground.disk.fsync(ground.live.directory(parent));
  for (const tree of [stage.made, stage.kept]) ground.disk.fsync(tree.directory(''));
}
