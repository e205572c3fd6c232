import { join } from 'node:path';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { expect, it } from 'vitest';
import { startFleet } from '../fleet-journey/fleet.ts';
import { namesOf } from '../fleet-journey/plan.ts';
import { listen } from '../journey/server.ts';
import { addresses } from '../sandbox/servers.ts';
import { accountOf } from './fleet/account.ts';
import { mountDisks } from './fleet/disks.ts';
import { carryImages, engineIn } from './fleet/engines.ts';
import { type Fault, faultsOf } from './fleet/faults.ts';
import { weather } from './fleet/storm.ts';
import { openTrail } from './fleet/trail.ts';
import { NOTHING, remains } from './remains.ts';

/** 0: each kind of fault at least once, which takes about a minute. */
const MINUTES = Number(process.env.DRYLANE_CHAOS_MINUTES ?? 0);
const IS_SHORT = MINUTES === 0;
const LOAD = { everyMs: IS_SHORT ? 700 : 1_000, settleMs: IS_SHORT ? 90_000 : 300_000 };

/** This worker has an engine of its own, which keeps everything below this directory. */
const ENGINED = { name: 'rehearsal-2', directory: 'engine' } as const;
const LOCK = '3s';
const PLAN = {
  cuttable: true,
  grounds: (root: string) => ({ [ENGINED.name]: engineIn(join(root, ENGINED.directory)) }),
  counts: { dispatcher: 2, rehearsal: 2, live: IS_SHORT ? 1 : 2 },
  environment: {
    dispatcher: { DRYLANE_GIVEN_UP: IS_SHORT ? '25s' : '120s', DRYLANE_LOCK: LOCK },
    comparator: { DRYLANE_LOCK: LOCK },
    rehearsal: { DRYLANE_LOCK: LOCK },
    live: { DRYLANE_LOCK: LOCK, DRYLANE_RERUN: 'true', DRYLANE_DISPATCHER_PATIENCE: '2s' },
  },
};
const DISKS = { blobs: IS_SHORT ? '64m' : '1g', live: '64m', [`${ENGINED.directory}/data`]: '1g' };

const policyFor = (host: string) => (workspaces: string) =>
  `version: 1
approvals: { rehearsal: { from: never }, live: { from: never, expires: 1h } }
workspaces: { roots: ["${workspaces}"] }
network: { declarable: ["${host}"] }
`;

/** The server that runs with a network reach. */
async function reached() {
  const { close, ...server } = await listen();
  return { ...server, [Symbol.asyncDispose]: close };
}

it(
  'a fleet in a storm ends every run once, with one receipt, and runs nothing live twice',
  async () => {
    await using server = await reached();
    const host = `${addresses().own}:${server.port}`;
    const engine = await connectEngine();
    let disks: Awaited<ReturnType<typeof mountDisks>> | undefined;
    const around = async (root: string) => {
      await carryImages(engine, join(root, ENGINED.directory));
      disks = await mountDisks(root, DISKS);
      return disks;
    };
    const trail = openTrail();
    await using fleet = await startFleet({ ...PLAN, policy: policyFor(host), around, hear: trail.hear });
    const lastMs = (): number => 300 + Math.random() * (IS_SHORT ? 500 : 4_000);
    const all = faultsOf({ fleet, disks: disks?.disks ?? new Map(), lastMs });
    const brought: Fault[] = [];
    const { accepted, retries } = await weather(fleet, faultsFor(all, brought), {
      ...LOAD,
      host,
      note: trail.note,
    });

    const requests = (await server.seen()).map(({ url }) => url);
    const account = await accountOf(fleet, accepted, requests);
    const faults = Object.fromEntries(
      [...Map.groupBy(brought, ({ kind }) => kind)].map(([kind, of]) => [kind, of.length]),
    );
    console.log(JSON.stringify({ runs: accepted.length, faults, retries, ...account }, null, 2));
    const strange = account.wrongs.map((wrong) => wrong.split(' ')[0] ?? '');
    for (const run of new Set([...account.unknown, ...strange]))
      console.log([run, ...trail.of(run)].join('\n'));
    expect(account.wrongs).toEqual([]);
    expect(Object.keys(faults).sort()).toEqual([...new Set(all.map(({ kind }) => kind))].sort());

    await fleet.end();
    for (const name of [...namesOf('rehearsal', PLAN), ...namesOf('live', PLAN)])
      expect(await remains(engine, join(fleet.root, name)), name).toEqual(NOTHING);
  },
  LOAD.settleMs + 300_000 + MINUTES * 60_000,
);

/** In a short storm, what is there twice is only killed twice. In a long one, any fault, as long as there is time. */
function* faultsFor(all: readonly Fault[], brought: Fault[]): Generator<Fault> {
  const end = Date.now() + MINUTES * 60_000;
  const bring = (fault: Fault): Fault => {
    brought.push(fault);
    return fault;
  };
  for (const fault of all)
    if (!IS_SHORT || fault.kind === 'kill' || !fault.what.includes('-2')) yield bring(fault);
  while (Date.now() < end) {
    const fault = all[Math.floor(Math.random() * all.length)];
    if (fault !== undefined) yield bring(fault);
  }
}
