import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { kindOf } from '../../fleet-journey/plan.ts';
import { submitMany } from './load.ts';
import { type Spent, spentOf, steadyOf, type Turns } from './spent.ts';

/** What some workers did in a round. */
export interface Throughput {
  /** From the first submission until all were settled. */
  readonly perSecond: number;
  /** While no worker was without work. */
  readonly steady: number;
  /** How many of the machine's cores were busy meanwhile, with whatever it was. */
  readonly cores: number;
  /** Where the time of a worker went, in milliseconds. */
  readonly spent: Spent;
}

/** What one worker did, and what two did; one value for each round. */
export interface WorkerCost {
  readonly one: readonly Throughput[];
  readonly two: readonly Throughput[];
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
  const cost = { one: [] as Throughput[], two: [] as Throughput[] };
  const token = await fleet.token('submitter', 'work');
  for (let round = 0; round < work.rounds; round++) {
    const one = await throughput(fleet, token, work);
    const second = await fleet.start('rehearsal-2');
    const two = await throughput(fleet, token, work);
    await second.end('SIGTERM');
    // The first of several rounds warms caches.
    if (round === 0 && work.rounds > 1) continue;
    cost.one.push(one);
    cost.two.push(two);
  }
  return cost;
}

/** From the first submission until all are settled. */
async function throughput(fleet: Fleet, token: string, { count, envelope }: Work): Promise<Throughput> {
  const settled = settledBy(fleet);
  const busy = busyMs();
  const begunAt = Date.now();
  const startedAt = performance.now();
  await submitMany({ urls: fleet.urls(), token }, envelope, count);
  while (settledBy(fleet) < settled + count) {
    if (performance.now() > startedAt + PATIENCE_MS) throw new Error('rehearsals in the bench do not end');
    await sleep(LOOK_MS);
  }
  const tookMs = performance.now() - startedAt;
  const cores = (busyMs() - busy) / tookMs;
  const turns = turnsOf(fleet, begunAt);
  const spent = spentOf(turns, { sinceMs: begunAt, untilMs: begunAt + tookMs });
  return { perSecond: (count * 1000) / tookMs, steady: steadyOf(turns), cores, spent };
}

/** When each of a fleet's rehearsal workers began and ended runs since, by its log. */
function turnsOf({ processes }: Fleet, sinceMs: number): readonly Turns[] {
  return [...processes].flatMap(([name, { lines }]) => {
    const times = (msg: string): readonly number[] =>
      lines
        .filter((line) => line.msg === msg)
        .map(({ time }) => Date.parse(String(time)))
        .filter((time) => time >= sinceMs);
    const turns = { begun: times('a rehearsal begins'), ended: times('a rehearsal ended') };
    return kindOf(name) === 'rehearsal' && turns.ended.length > 0 ? [turns] : [];
  });
}

/** Milliseconds that this machine's cores have worked, all together. */
function busyMs(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
}

/** How many runs the dispatchers have said that they settled. @throws where one of them did not go as it should. */
function settledBy({ processes }: Fleet): number {
  const lines = [...processes].flatMap(([name, { lines }]) => (name.startsWith('dispatcher') ? lines : []));
  const settled = lines.filter(({ msg }) => msg === 'settled');
  const other = settled.find(({ state }) => state !== 'promotable');
  if (other !== undefined) throw new Error(`a rehearsal in the bench ended as ${other.state}`);
  return settled.length;
}
