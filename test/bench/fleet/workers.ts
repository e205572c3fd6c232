import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { submitMany } from './load.ts';

/** What some workers did in a round. */
export interface Throughput {
  readonly perSecond: number;
  /** How many of the machine's cores were busy meanwhile, with whatever it was. */
  readonly cores: number;
  /** Where the time of a worker went, in milliseconds. */
  readonly spent: Spent;
}

/** What a worker's time is spent on, by its log. */
interface Spent {
  /** One rehearsal, from beginning to end. */
  readonly run: number;
  /** From the end of one to the beginning of the next. */
  readonly between: number;
  /** From the first submission to its first run, and from its last to when all were settled: once, however many there are. */
  readonly around: number;
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
  return { perSecond: (count * 1000) / tookMs, cores, spent: spentBy(fleet, begunAt, tookMs) };
}

/** On the average of the workers that did anything since. */
function spentBy({ processes }: Fleet, sinceMs: number, tookMs: number): Spent {
  const workers = [...processes].flatMap(([name, { lines }]) => {
    const times = (msg: string): number[] =>
      lines.filter((line) => line.msg === msg).map(({ time }) => Date.parse(String(time)));
    const [begun, ended] = ['a rehearsal begins', 'a rehearsal ended'].map((msg) =>
      times(msg).filter((time) => time >= sinceMs),
    ) as [number[], number[]];
    if (!name.startsWith('rehearsal') || ended.length === 0) return [];
    const worked = ended.reduce((sum, end, at) => sum + end - (begun[at] ?? end), 0);
    const span = (ended.at(-1) ?? 0) - (begun[0] ?? 0);
    const run = worked / ended.length;
    return [{ run, between: (span - worked) / Math.max(1, ended.length - 1), around: tookMs - span }];
  });
  const mean = (of: (one: Spent) => number): number =>
    workers.reduce((sum, one) => sum + of(one), 0) / Math.max(1, workers.length);
  return {
    run: mean(({ run }) => run),
    between: mean(({ between }) => between),
    around: mean(({ around }) => around),
  };
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
