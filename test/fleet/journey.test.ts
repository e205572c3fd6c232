import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessCases } from '../fleet-journey/access-cases.ts';
import { gitCases } from '../fleet-journey/git-cases.ts';
import { makeRepository, type Repository } from '../fleet-journey/repository.ts';
import { runCases } from '../fleet-journey/run-cases.ts';
import { beginSchedule, type Scheduled, timeCases } from '../fleet-journey/time-cases.ts';
import { CHECKOUT } from '../journey/drylane.ts';
import { engineAt } from '../machine/engine.ts';
import { expectConfined } from './confinement.ts';
import { type OwnStack, startStack } from './own-stack.ts';
import { CAPABILITIES, LIVE_CAPABILITIES } from './rights.ts';

const POLICY = `version: 1
approvals: { rehearsal: { from: never }, live: { from: high, expires: 20s } }
workspaces: { roots: [/workspace] }
limits: { max: { memory: 1Gi, cpus: 1, pids: 512, disk: 512Mi } }
`;
/** How many containers there are of each service. */
const COUNTS = {
  comparator: 1,
  dispatcher: 2,
  front: 1,
  live: 1,
  postgres: 1,
  prometheus: 1,
  redis: 1,
  worker: 2,
};
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  worker: Object.keys(CAPABILITIES),
  live: Object.keys({ ...CAPABILITIES, ...LIVE_CAPABILITIES }),
};

let stack: OwnStack;
let repository: Repository;
let scheduled: Scheduled;
let containers: readonly Docker.ContainerInspectInfo[];
beforeAll(async () => {
  stack = await startStack({ policy: POLICY, gitSources: ['/workspace/repositories'] });
  const repositories = join(stack.workspaces, 'repositories');
  await mkdir(repositories);
  repository = makeRepository(repositories, '/workspace/repositories');
  scheduled = await beginSchedule(stack);
  await stack.untilReady();
  containers = await stack.containers();
}, 900_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
}, 180_000);

const serviceOf = ({ Config }: Docker.ContainerInspectInfo): string =>
  Config.Labels['com.docker.compose.service'] ?? '';

/** What the kernel says of a container's first process. */
async function statusOf({ State }: Docker.ContainerInspectInfo): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(`/proc/${State.Pid}/status`, 'utf8');
  return Object.fromEntries(text.split('\n').map((line) => line.split(/:\s+/, 2) as [string, string]));
}

describe('the containers of a fleet', () => {
  it('are those that are promised', () => {
    const counts = Object.groupBy(containers, serviceOf);
    expect(Object.fromEntries(Object.entries(counts).map(([name, all]) => [name, all?.length]))).toEqual(
      COUNTS,
    );
  });

  it.each(Object.keys(COUNTS))(
    'of %s have no way to the host, only the rights that are listed, and limits',
    (name) => {
      const workspaces = join(stack.root, 'workspaces');
      for (const container of containers.filter((one) => serviceOf(one) === name))
        expectConfined(container, {
          capabilities: RIGHTS[name] ?? [],
          places: [
            join(CHECKOUT, 'deploy'),
            join(stack.root, 'secrets'),
            join(stack.root, 'policy.yaml'),
            workspaces,
          ],
          writes: name === 'live' ? [workspaces] : [],
        });
    },
  );

  it('run as somebody without rights, and can gain none, unless they carry an engine', async () => {
    for (const container of containers) {
      const status = await statusOf(container);
      const name = serviceOf(container);
      expect([name, status.NoNewPrivs]).toEqual([name, '1']);
      if (name in RIGHTS) continue;
      const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => status[set]);
      expect([name, new Set(sets)]).toEqual([name, new Set(['0000000000000000'])]);
      expect([name, status.Uid?.split('\t').includes('0')]).toEqual([name, false]);
      // The engine's own filter of system calls.
      expect([name, status.Seccomp]).toEqual([name, '2']);
    }
  });

  it('are reached on the loopback only, at the lane and at Prometheus', () => {
    const published = containers.flatMap((container) =>
      Object.values(container.NetworkSettings.Ports).flatMap((bindings) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => [serviceOf(container), HostIp, Number(HostPort)]),
      ),
    );
    expect(published.sort()).toEqual([
      ['front', '127.0.0.1', stack.ports.front],
      ['prometheus', '127.0.0.1', stack.ports.prometheus],
    ]);
  });
});

accessCases(() => stack);
runCases(() => stack);
gitCases(() => ({ fleet: stack, repository }));
timeCases(
  () => stack,
  () => scheduled,
);

describe('the slots of a fleet', () => {
  it('were there for some of what came, on an engine inside a container too', async () => {
    const query = encodeURIComponent('sum(drylane_slot_hits_total{hit="true"})');
    const url = `http://127.0.0.1:${stack.ports.prometheus}/api/v1/query?query=${query}`;
    const hits = async (): Promise<number> => {
      const { data } = (await (await fetch(url)).json()) as {
        data: { result: { value: [number, string] }[] };
      };
      return Number(data.result[0]?.value[1] ?? 0);
    };
    // Prometheus looks now and then.
    await expect.poll(hits, { timeout: 60_000, interval: 1000 }).toBeGreaterThan(0);
  }, 90_000);
});

describe('the end of a fleet', () => {
  it('leaves no container, no network, and no volume', async () => {
    await stack.takeDown();
    expect(await stack.remains()).toEqual([]);
    const volumes = new Set((await engineAt().listVolumes()).Volumes.map(({ Name }) => Name));
    const had = containers.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => Name ?? []));
    expect(had.filter((name) => volumes.has(name))).toEqual([]);
  }, 180_000);
});
