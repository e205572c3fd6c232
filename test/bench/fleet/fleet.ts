import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fleet, startFleet } from '../../fleet-journey/fleet.ts';
import { takenDown } from '../ending.ts';
import { median } from '../figures.ts';
import type { Report } from '../report.ts';
import { rowOf } from '../rows.ts';
import type { Load } from './load.ts';
import { submissionCost } from './submissions.ts';
import { waitingCost } from './waiting.ts';
import { type Throughput, workerCost } from './workers.ts';

/** How much of each is measured. */
interface Size {
  /** The first round only warms caches. */
  readonly submissions: { readonly rounds: number; readonly count: number; readonly dispatchers: 1 | 2 };
  readonly workers: { readonly rounds: number; readonly count: number };
  readonly commands: readonly (keyof typeof COMMANDS)[];
  readonly waiting: { readonly count: number; readonly tries: number };
}

/** A worker does one at a time: of what waits it needs no core, of what works it needs one. */
const COMMANDS = {
  wait: 'sleep 1',
  work: 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done',
  'do nothing': 'true',
} as const;

const QUICK: Size = {
  submissions: { rounds: 1, count: 200, dispatchers: 1 },
  workers: { rounds: 1, count: 6 },
  commands: ['do nothing'],
  waiting: { count: 500, tries: 1 },
};
const FULL: Size = {
  submissions: { rounds: 6, count: 2_000, dispatchers: 2 },
  workers: { rounds: 4, count: 24 },
  commands: ['wait', 'work', 'do nothing'],
  waiting: { count: 50_000, tries: 20 },
};

/** Measures a whole fleet, and says what was seen. */
export async function fleetCost(report: Report, isQuick: boolean): Promise<void> {
  const size = isQuick ? QUICK : FULL;
  const starting = startFleet({
    environment: {
      // More than anybody sends here, so that it is the dispatcher that is measured and not its limit.
      dispatcher: { DRYLANE_RATE: '100000' },
      rehearsal: { DRYLANE_CONCURRENCY: '1' },
    },
  });
  await using fleet = await takenDown(starting);
  const site = join(fleet.workspaces, 'site');
  await mkdir(site);
  const envelopeOf = (command: string) => ({
    ...{ command, working_dir: site },
    intent: { mode: 'read-only' },
  });
  for (const name of size.commands)
    await sayWorkers(report, fleet, name, size.workers, envelopeOf(COMMANDS[name]));
  const envelope = envelopeOf(COMMANDS['do nothing']);
  await saySubmissions(report, fleet, size.submissions, envelope);
  await sayWaiting(report, fleet, size.waiting, envelope);
}

async function sayWorkers(
  report: Report,
  fleet: Fleet,
  name: string,
  size: Size['workers'],
  envelope: object,
): Promise<void> {
  const { one, two } = await workerCost(fleet, { ...size, envelope });
  const each = (rounds: readonly Throughput[]): number[] => rounds.map(({ perSecond }) => 1000 / perSecond);
  const [alone, both] = [each(one), each(two)];
  report.row(rowOf(`rehearsals that ${name}, two workers`, both, { name: 'one worker', times: alone }));
  const gain = (of: (round: Throughput) => number): string =>
    (median(two.map(of)) / median(one.map(of))).toFixed(2);
  report.note(
    `two workers do ${gain(({ steady }) => steady)} of what one does`,
    `of those that ${name}, while both have work; ${gain(({ perSecond }) => perSecond)} from first to last`,
  );
  for (const [who, rounds] of [
    ['one', one],
    ['two', two],
  ] as const)
    report.note(`  a worker of ${who}`, spentOn(rounds));
}

/** Where a worker's time went: what is spent before and after the runs does not shrink with more workers. */
function spentOn(rounds: readonly Throughput[]): string {
  const [run, between, before, after] = (['run', 'between', 'before', 'after'] as const).map((part) =>
    median(rounds.map(({ spent }) => spent[part])).toFixed(0),
  );
  const cores = median(rounds.map((round) => round.cores)).toFixed(1);
  const once = `${before} before the first, ${after} after the last`;
  return `${run} ms a run, ${between} idle between two, ${once}; ${cores} cores busy`;
}

/** Nobody works on what is submitted meanwhile. */
async function saySubmissions(
  report: Report,
  fleet: Fleet,
  { dispatchers, ...size }: Size['submissions'],
  envelope: object,
): Promise<void> {
  await fleet.processes.get('rehearsal')?.end('SIGTERM');
  if (dispatchers === 2) await fleet.start('dispatcher-2');
  const { one, two, commits } = await submissionCost(fleet, { ...size, envelope });
  const say = (name: string, loads: readonly Load[]): void => {
    report.row(
      rowOf(
        name,
        loads.flatMap(({ times }) => times),
      ),
    );
    report.note(`  ${name}`, `${median(loads.map(({ perSecond }) => perSecond)).toFixed(0)} a second`);
  };
  say('submissions, one dispatcher', one);
  if (dispatchers === 2) say('submissions, two dispatchers', two);
  const ratio = median(one.map(({ perSecond }) => perSecond)) / median(commits);
  report.note(
    'a dispatcher takes in',
    `${ratio.toFixed(2)} of the ${median(commits).toFixed(0)} bare commits a second`,
  );
}

async function sayWaiting(
  report: Report,
  fleet: Fleet,
  size: Size['waiting'],
  envelope: object,
): Promise<void> {
  const { memory, retryAfterS, urgent } = await waitingCost(fleet, { ...size, envelope });
  const beyond = retryAfterS === null ? 'the limit is not met' : `429 beyond, Retry-After ${retryAfterS}`;
  report.note(
    `${size.count} runs of a tenant in line`,
    `MiB before → with them → after some were done; ${beyond}`,
  );
  for (const [name, before] of memory.before) {
    const sizes = [before, memory.full.get(name), memory.worked.get(name)];
    report.note(`  ${name}`, sizes.map((mib) => mib?.toFixed(0)).join(' → '));
  }
  report.row(rowOf('another tenant’s run begins after', urgent));
  report.note('  at most', `${Math.max(...urgent).toFixed(0)} ms`);
}
