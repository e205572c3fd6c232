import { pathOf } from '../evidence/keys.ts';
import { createPace } from '../evidence/pace.ts';
import { joinKey, type PathKey, type Tree } from '../evidence/tree.ts';
import type { Arrangement, Gone, Made } from './arrange.ts';
import type { Drift, Effect, Staged } from './effect.ts';
import type { Ground } from './ground.ts';
import { isSameFile, isStaged, isUntouched } from './perform.ts';
import type { Stage } from './stage.ts';

/**
 * Looks at everything again when all effects are done and can still be undone: every path from the root, through no
 * link, and everything that was taken away. An answer names a path where someone else was at work meanwhile.
 * @throws Node's system errors, where the way to a path is another than it was.
 */
export async function verify(
  ground: Ground,
  stage: Stage,
  { effects, made, gone }: Arrangement,
  staged: Staged,
): Promise<Drift | undefined> {
  if (!ground.isInPlace()) return moved('');
  using tree = ground.fresh();
  const pace = createPace();
  const coming = new Set(made.map(({ key }) => key));
  for (const item of made) {
    if (!hasLanded(ground, tree, item, staged)) return moved(item.key);
    await pace();
  }
  for (const effect of effects) {
    if (!hasHappened(ground, tree, effect, coming)) return moved(effect.key);
    await pace();
  }
  const seen = new Set(gone.map(({ at }) => at));
  for (const item of gone) {
    const extra = isAsItWas(ground, stage.kept, item, seen);
    if (extra !== undefined) return extra;
    await pace();
  }
  return undefined;
}

function hasLanded(ground: Ground, tree: Tree, { key, at, become }: Made, staged: Staged): boolean {
  const found = ground.look(tree, key);
  if (found === undefined || !isStaged(found, staged, at)) return false;
  const { mode, uid, gid } = become;
  return found.uid === uid && found.gid === gid && (found.type === 'symlink' || found.mode === mode);
}

function hasHappened(ground: Ground, tree: Tree, effect: Effect, coming: ReadonlySet<PathKey>): boolean {
  switch (effect.do) {
    case 'stash':
      return coming.has(effect.key) || ground.look(tree, effect.key) === undefined;
    case 'attributes': {
      const found = ground.look(tree, effect.key);
      const { mode, uid, gid } = effect.become;
      return found?.ino === effect.was.ino && found.mode === mode && found.uid === uid && found.gid === gid;
    }
    case 'times':
      return ground.look(tree, effect.key)?.ino === effect.was.ino;
    case 'place':
    case 'replace':
      return true;
  }
}

/** Whether one thing that was taken away is still what the plan was made for; if not, what to say. */
function isAsItWas(ground: Ground, kept: Tree, item: Gone, seen: ReadonlySet<PathKey>): Drift | undefined {
  const { key, at, stamp } = item;
  const found = ground.look(kept, at);
  // Taking a tree away changes when its root itself was changed, and nothing in it.
  const isRoot = !at.includes('/');
  if (!(isRoot ? isSameFile(found, stamp) : isUntouched(found, stamp))) return moved(key);
  if (stamp.type !== 'dir') return undefined;
  const extra = kept.list(at).find((name) => !seen.has(joinKey(at, name)));
  if (extra === undefined) return undefined;
  return {
    path: pathOf(joinKey(key, extra)),
    expected: 'nothing',
    found: 'something that the rehearsal did not see',
  };
}

const moved = (key: PathKey): Drift => ({
  path: pathOf(key),
  expected: 'what the promotion left there',
  found: 'something that changed while it was at work',
});
