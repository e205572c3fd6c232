import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { submitMany } from './load.ts';

/** Rehearsals a second of one worker and of two; one value for each round. */
export interface WorkerCost {
  readonly one: readonly number[];
  readonly two: readonly number[];
}

export interface Work {
  /** With the first, which counts only where it is the only one. */
  readonly rounds: number;
  /** How many are rehearsed in a round, and by each number of workers. */
  readonly count: number;
  readonly envelope: object;
}

const PATIENCE_MS = 300_000;
const LOOK_MS = 5;

/** Has one worker of a fleet rehearse, then two, turn by turn. The fleet has one rehearsal worker before and after. */
export async function workerCost(fleet: Fleet, work: Work): Promise<WorkerCost> {
  const cost = { one: [] as number[], two: [] as number[] };
  const token = await fleet.token('submitter', 'work');
  for (let round = 0; round < work.rounds; round++) {
    const one = await rate(fleet, token, work);
    const second = await fleet.start('rehearsal-2');
    const two = await rate(fleet, token, work);
    await second.end('SIGTERM');
    // The first of several rounds warms caches.
    if (round === 0 && work.rounds > 1) continue;
    cost.one.push(one);
    cost.two.push(two);
  }
  return cost;
}

/** Rehearsals a second, from the first submission until all are settled. */
async function rate(fleet: Fleet, token: string, { count, envelope }: Work): Promise<number> {
  const settled = settledBy(fleet);
  const startedAt = performance.now();
  await submitMany({ urls: fleet.urls(), token }, envelope, count);
  while (settledBy(fleet) < settled + count) {
    if (performance.now() > startedAt + PATIENCE_MS) throw new Error('rehearsals in the bench do not end');
    await sleep(LOOK_MS);
  }
  return (count * 1000) / (performance.now() - startedAt);
}

/** How many runs the dispatchers have said that they settled. */
function settledBy({ processes }: Fleet): number {
  const lines = [...processes].flatMap(([name, { lines }]) => (name.startsWith('dispatcher') ? lines : []));
  return lines.filter(({ msg }) => msg === 'settled').length;
}
