import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fleet, startFleet } from '../../fleet-journey/fleet.ts';
import { takenDown } from '../ending.ts';
import { at, median, say } from '../figures.ts';
import type { Load } from './load.ts';
import { submissionCost } from './submissions.ts';
import { waitingCost } from './waiting.ts';
import { type Spent, workerCost } from './workers.ts';

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
export async function sayFleetCost(isQuick: boolean): Promise<void> {
  const size = isQuick ? QUICK : FULL;
  await using fleet = await startFleet({
    environment: {
      // More than anybody sends here, so that it is the dispatcher that is measured and not its limit.
      dispatcher: { DRYLANE_RATE: '100000' },
      rehearsal: { DRYLANE_CONCURRENCY: '1' },
    },
  });
  using _ = takenDown(fleet);
  const site = join(fleet.workspaces, 'site');
  await mkdir(site);
  const envelopeOf = (command: string) => ({
    ...{ command, working_dir: site },
    intent: { mode: 'read-only' },
  });
  for (const name of size.commands) await sayWorkers(fleet, name, size.workers, envelopeOf(COMMANDS[name]));
  const envelope = envelopeOf(COMMANDS['do nothing']);
  await saySubmissions(fleet, size.submissions, envelope);
  await sayWaiting(fleet, size.waiting, envelope);
}

async function sayWorkers(fleet: Fleet, name: string, size: Size['workers'], envelope: object) {
  const { one, two } = await workerCost(fleet, { ...size, envelope });
  const [alone = 1, both = 1] = [one, two].map((rounds) => median(rounds.map(({ perSecond }) => perSecond)));
  const [few, more] = [one, two].map((rounds) => median(rounds.map(({ cores }) => cores)).toFixed(1));
  say(
    `rehearsals that ${name}`,
    `n ${one.length}  one worker ${alone.toFixed(1)} a second, ${few} cores busy  two ${both.toFixed(1)}, ${more}`,
  );
  say(`two workers do ${(both / alone).toFixed(2)} of what one does, of those that ${name}`);
  for (const [who, rounds] of [['one', one] as const, ['two', two] as const])
    say(`  a worker of ${who}`, spentOn(rounds.map(({ spent }) => spent)));
}

/** Where a worker's time went: what is spent around the runs does not shrink with more workers. */
function spentOn(rounds: readonly Spent[]): string {
  const [run, between, around] = (['run', 'between', 'around'] as const).map((part) =>
    median(rounds.map((spent) => spent[part])).toFixed(0),
  );
  return `${run} ms a run  ${between} ms between two  ${around} ms before the first and after the last`;
}

/** Nobody works on what is submitted meanwhile. */
async function saySubmissions(fleet: Fleet, { dispatchers, ...size }: Size['submissions'], envelope: object) {
  await fleet.processes.get('rehearsal')?.end('SIGTERM');
  if (dispatchers === 2) await fleet.start('dispatcher-2');
  const { one, two, commits } = await submissionCost(fleet, { ...size, envelope });
  sayLoad('submissions, one dispatcher', one);
  if (dispatchers === 2) sayLoad('submissions, two dispatchers', two);
  say('bare commits of one row', `n ${commits.length}  ${median(commits).toFixed(0)} a second`);
  const ratio = median(one.map(({ perSecond }) => perSecond)) / median(commits);
  say(`a dispatcher takes in ${ratio.toFixed(2)} of what its database can commit`);
}

function sayLoad(name: string, loads: readonly Load[]): void {
  const [times, rates] = [loads.flatMap((load) => load.times), loads.map(({ perSecond }) => perSecond)];
  const [middle, late] = [at(times, 0.5), at(times, 0.99)].map((time) => `${time.toFixed(0)} ms`);
  say(name, `n ${times.length}  ${median(rates).toFixed(0)} a second  median ${middle}  p99 ${late}`);
}

async function sayWaiting(fleet: Fleet, size: Size['waiting'], envelope: object): Promise<void> {
  const { memory, retryAfterS, urgent } = await waitingCost(fleet, { ...size, envelope });
  const beyond = retryAfterS === null ? 'the limit is not met' : `429 beyond, Retry-After ${retryAfterS}`;
  say(`${size.count} runs of a tenant in line`, `MiB before → with them → after some were done; ${beyond}`);
  for (const [name, before] of memory.before)
    say(
      `  ${name}`,
      [before, memory.full.get(name), memory.worked.get(name)].map((size) => size?.toFixed(0)).join(' → '),
    );
  const [middle, latest] = [median(urgent), Math.max(...urgent)].map((time) => `${time.toFixed(0)} ms`);
  say("another tenant's run begins after", `n ${urgent.length}  median ${middle}  most ${latest}`);
}
