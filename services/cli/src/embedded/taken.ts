import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { openNotes } from '@drylane/worker/lanes/notes';
import { holdRun } from './holding.ts';

/** A run that this machine took in a fleet, and whose end is not told there yet. */
export interface TakenRun {
  readonly run: RunId;
  /** The address of the fleet. */
  readonly fleet: string;
}

/** All of them; a state directory is not made where there is none. */
export function takenRuns(stateDir: string): readonly TakenRun[] {
  if (!existsSync(claimsIn(stateDir))) return [];
  return openNotes(stateDir)
    .all()
    .map(({ run, fleet = '' }) => ({ run, fleet }));
}

/** Whether a run is one of them, as far as the names of the notes tell: one that cannot be read is no reason to stop. */
export function isTakenIn(stateDir: string): (run: RunId) => boolean {
  const taken = new Set(existsSync(claimsIn(stateDir)) ? openNotes(stateDir).runs() : []);
  return (run) => taken.has(run);
}

/** Those of them that nobody is at work with at this moment. */
export async function leftRuns(stateDir: string): Promise<readonly TakenRun[]> {
  const left: TakenRun[] = [];
  for (const taken of takenRuns(stateDir))
    try {
      using _held = await holdRun(claimsIn(stateDir), taken.run);
      left.push(taken);
    } catch (fault) {
      if (!(fault instanceof DrylaneError) || fault.code !== 'not-promotable') throw fault;
    }
  return left;
}

/** Where claims are noted. */
export const claimsIn = (stateDir: string): string => join(stateDir, 'claims');
