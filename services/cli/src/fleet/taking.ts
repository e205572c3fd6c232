import type { Landed } from '@drylane/proto/task';
import { takenRuns } from '../embedded/taken.ts';
import type { TakingDesk, ToldRun } from '../embedded/taking.ts';
import { RunView } from './answers.ts';
import type { Client } from './client.ts';
import { readRun } from './follow.ts';
import { type Fleet, progress } from './open.ts';

/** A fleet as runs are taken there, and told of. Each of the two changes nothing when it is asked again. */
export function takingDesk(client: Client): TakingDesk {
  const post = async (path: string, body: unknown): Promise<void> =>
    void (await client.ask(RunView, { method: 'POST', path, body, isSafe: true }));
  return {
    base: client.base,
    take: (run, claim) => post(`/v1/runs/${run}/take`, claim),
    tell: (run, told) => post(`/v1/runs/${run}/landed`, told),
    read: (run) => readRun(client, run),
  };
}

/** Tells a fleet what became of runs that killed processes of this machine had taken there; says it on standard error. */
export async function tellFleet(fleet: Fleet, stateDir: string): Promise<readonly ToldRun[]> {
  const { client } = fleet;
  if (!takenRuns(stateDir).some((taken) => taken.fleet === client.base)) return [];
  const { tellTaken } = await import('../embedded/taking.ts');
  const told = await tellTaken(stateDir, takingDesk(client));
  for (const { run, landed, isTold } of told)
    progress(fleet, `${run}  ${ENDED[endOf(landed)]}${isTold ? '' : `; ${client.host} does not know yet`}`);
  return told;
}

/** How a claim ended, in a word. */
export function endOf(landed: Landed): keyof typeof ENDED {
  if (landed.result !== 'ended') return 'rolled-back';
  const { result } = landed.promotion;
  return result === 'promoted' || result === 'drifted' ? result : 'unknown';
}

const ENDED = {
  promoted: 'was taken before, and had landed',
  drifted: 'was taken before, and nothing landed, because something had changed',
  'rolled-back': 'was taken before, and nothing landed: it may be tried again',
  unknown: 'was taken before, and a person has to look',
} as const;
