import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { kindOf, type ProcessName } from '../../fleet-journey/plan.ts';
import type { Disk } from './disks.ts';
import { partsOf } from './engines.ts';

/** What faults are brought upon. */
export interface Storm {
  readonly fleet: Fleet;
  readonly disks: ReadonlyMap<string, Disk>;
  /** How long a fault lasts, in milliseconds. */
  readonly lastMs: () => number;
}

/** Something that goes wrong, and is mended again by the time that it answers. */
export interface Fault {
  readonly kind: 'kill' | 'pause' | 'flush' | 'fill' | 'cut' | 'hold' | 'cut-off';
  readonly what: string;
  bring(): Promise<void>;
}

/** What a worker says when it is in the middle of something. */
const MIDST: Readonly<Partial<Record<string, string>>> = {
  rehearsal: 'a rehearsal begins',
  live: 'a claim was made',
};
const MIDST_MS = 4_000;
const START_MS = 60_000;

/** Every fault there is, of each process, server, link and disk of a fleet. */
export function faultsOf(storm: Storm): readonly Fault[] {
  const { fleet, disks, lastMs } = storm;
  const fault = (kind: Fault['kind'], what: string, bring: () => Promise<void>): Fault => ({
    kind,
    what,
    bring,
  });
  const passing = async (begin: () => unknown, end: () => unknown): Promise<void> => {
    await begin();
    await sleep(lastMs());
    await end();
  };
  const names = [...fleet.processes.keys()];
  const engined = names.filter((name) => fleet.processes.get(name)?.isApart);
  const { redis, postgres, network } = fleet;
  return [
    ...names.map((name) => fault('kill', name, () => kill(storm, name))),
    ...names.map((name) => fault('pause', name, () => pause(storm, name, 'service'))),
    ...engined.flatMap((name) => [
      fault('kill', `${name}/engine`, () => killEngine(storm, name)),
      fault('pause', `${name}/engine`, () => pause(storm, name, 'engine')),
    ]),
    fault('kill', 'redis', () =>
      passing(
        () => redis.kill(),
        () => redis.start(),
      ),
    ),
    fault('pause', 'redis', () =>
      passing(
        () => redis.pause(),
        () => redis.resume(),
      ),
    ),
    fault('flush', 'redis', () => redis.ask(async (client) => void (await client.flushall()))),
    fault('kill', 'postgres', () => postgres.crash()),
    fault('cut-off', 'postgres', async () => postgres.cutOff(fleet.database)),
    ...[...disks].map(([name, disk]) =>
      fault('fill', name, () =>
        passing(
          () => disk.fill(),
          () => disk.empty(),
        ),
      ),
    ),
    ...[...network.links].flatMap(([name, link]) => [
      fault('cut', name, () =>
        passing(
          () => link.cut(),
          () => link.mend(),
        ),
      ),
      fault('hold', name, () =>
        passing(
          () => link.hold(),
          () => link.mend(),
        ),
      ),
    ]),
  ];
}

/** Kills a process in the middle of what it is for, and starts it again a while later. */
async function kill(storm: Storm, name: ProcessName): Promise<void> {
  await midst(storm.fleet, name);
  await storm.fleet.processes.get(name)?.end('SIGKILL');
  await again(storm, name);
}

/** Kills the engine below a worker, which the worker must not outlive for long; both are started again then. */
async function killEngine(storm: Storm, name: ProcessName): Promise<void> {
  await midst(storm.fleet, name);
  const process = storm.fleet.processes.get(name);
  if (process === undefined) return;
  signal(partsOf(process).engine, 'SIGKILL');
  await process.ended;
  await again(storm, name);
}

/** Starts a process again after a while; what it needs may be away as well. */
async function again({ fleet, lastMs }: Storm, name: ProcessName): Promise<void> {
  await sleep(lastMs());
  for (const giveUp = Date.now() + START_MS; ; ) {
    try {
      await fleet.start(name);
      return;
    } catch (fault) {
      if (Date.now() > giveUp) throw fault;
      await sleep(200);
    }
  }
}

/** Stops a process for longer than it may keep what it works on, and lets it go on where it was. */
async function pause({ fleet, lastMs }: Storm, name: ProcessName, part: 'service' | 'engine'): Promise<void> {
  await midst(fleet, name);
  const process = fleet.processes.get(name);
  if (process === undefined) return;
  const id = partsOf(process)[part];
  signal(id, 'SIGSTOP');
  await sleep(2 * lastMs());
  signal(id, 'SIGCONT');
}

function signal(id: number | undefined, name: NodeJS.Signals): void {
  if (id !== undefined) process.kill(id, name);
}

/** Waits until a worker has just begun something. */
async function midst(fleet: Fleet, name: ProcessName): Promise<void> {
  const [process, message] = [fleet.processes.get(name), MIDST[kindOf(name)]];
  if (process === undefined || message === undefined) return;
  const from = process.lines.length;
  for (const giveUp = Date.now() + MIDST_MS; Date.now() < giveUp; ) {
    if (process.lines.slice(from).some(({ msg }) => msg === message)) return;
    await sleep(5);
  }
}
