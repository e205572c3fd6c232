import type { Effect, Held, Staged } from './effect.ts';
import type { Ground } from './ground.ts';
import type { Journal } from './journal.ts';
import type { Stage } from './stage.ts';
import { sweep } from './sweep.ts';
import { concernsRoot, giveTimesBack } from './times.ts';
import { rollBack } from './undo.ts';

/** What an apply did so far, and where it wrote it down. */
export interface Attempt {
  readonly ground: Ground;
  readonly journal: Journal;
  readonly stage: Stage | undefined;
  readonly stageName: string;
  /** Those that may have happened. */
  readonly effects: readonly Effect[];
  readonly staged: Staged;
  /** The directories in which any of it came or went, but the root. */
  readonly held: readonly Held[];
}

/**
 * Ends an apply that was committed: nothing of ours is left in the workspace. What fails here is left to recovery, for
 * the change set has landed already.
 */
export function goForward({
  ground,
  journal,
  stageName,
  effects,
}: Omit<Attempt, 'stage' | 'staged' | 'held'>): void {
  try {
    sweep(ground, stageName, journal.stage);
    setRootTime(ground, journal, effects);
    ground.disk.fsync(ground.root);
    journal.append({ record: 'ended', result: 'promoted' });
  } catch {
    // The journal still says that it was committed.
  }
}

/** The stage's own coming and going changed the time of the root: it gets the one that is said, or had before. */
function setRootTime(ground: Ground, { opened }: Journal, effects: readonly Effect[]): void {
  if (!concernsRoot(effects)) giveTimesBack(ground, [opened.held]);
  for (const effect of effects)
    if (effect.do === 'times' && effect.key === '')
      ground.disk.utimes(Buffer.from(`/proc/self/fd/${ground.root}`), effect.mtimeNs);
}

/**
 * Ends an apply that was not committed: everything is as it was before. The answer names what could not be brought
 * back; then the stage and the journal stay. What fails after the roll-back is left to recovery.
 */
export async function goBack(attempt: Attempt): Promise<readonly string[]> {
  const { ground, journal, stage, stageName, effects, staged, held } = attempt;
  if (effects.length > 0) {
    const conflicts = stage === undefined ? [stageName] : await rollBack(ground, stage, effects, staged);
    if (conflicts.length > 0) return conflicts;
  }
  try {
    giveTimesBack(ground, held);
    if (effects.length > 0) ground.disk.syncAll(ground.root);
    // From here on there is nothing to undo: whatever stands where ours stood is somebody else's.
    journal.forgetPlan();
    sweep(ground, stageName, journal.stage);
    giveTimesBack(ground, [journal.opened.held]);
    ground.disk.fsync(ground.root);
    journal.append({ record: 'ended', result: 'rolled-back' });
  } catch {
    // The journal says what is left to do: to roll back once more, which does nothing, or to sweep.
  }
  return [];
}
