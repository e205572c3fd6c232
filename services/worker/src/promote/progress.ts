import { pathOf } from '../evidence/keys.ts';
import { createPace } from '../evidence/pace.ts';
import type { PathKey } from '../evidence/tree.ts';
import type { Arrangement } from './arrange.ts';
import type { Drift, Effect, Held, Staged } from './effect.ts';
import { codeOf, type Ground, unfit } from './ground.ts';
import { perform } from './perform.ts';
import { ASTRAY } from './snapshot.ts';
import type { Stage } from './stage.ts';
import { verify } from './verify.ts';

/** What is known of an apply while it is under way. */
export interface Progress {
  stage: Stage | undefined;
  staged: Staged;
  held: readonly Held[];
  /** The effects that may have happened. */
  readonly begun: Effect[];
}

/** Codes that tell of what others did meanwhile, and not of what this machine cannot do. */
const MEANWHILE: ReadonlySet<string> = new Set([...ASTRAY, 'EEXIST', 'ENOTEMPTY', 'EISDIR']);

/**
 * Does all effects in order, and looks at everything again: up to the first path that is not what it was planned for.
 * @throws DrylaneError `machine-unfit` where the system refused.
 */
export async function performAll(
  ground: Ground,
  stage: Stage,
  plan: Arrangement,
  { begun, staged }: Progress,
): Promise<Drift | undefined> {
  const pace = createPace();
  for (const effect of plan.effects) {
    begun.push(effect);
    const drift = await told(effect.key, () => perform(ground, stage, effect));
    if (drift !== undefined) {
      // What is changed in place was not touched then, and is not ours to change back.
      if (effect.do === 'attributes' || effect.do === 'times') begun.pop();
      return drift;
    }
    await pace();
  }
  return told('', () => verify(ground, stage, plan, staged));
}

/** What `work` finds, and what it is refused because of what others did. */
export async function told(
  key: PathKey,
  work: () => Drift | undefined | Promise<Drift | undefined>,
): Promise<Drift | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (!MEANWHILE.has(codeOf(cause) ?? '')) throw unfit(key, cause);
    const found = 'the way there changed while the promotion was at work';
    return { path: pathOf(key), expected: 'what was there when the promotion began', found };
  }
}
