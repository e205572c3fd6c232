import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '@drylane/chassis/transport/redis.fixture';
import { type Cluster, startCluster } from '@drylane/dispatcher/ledger/postgres.fixture';
import { environmentsOf, type Secrets } from './environments.ts';
import { type Network, openNetwork } from './network.ts';
import { type Outside, openOutside } from './outside.ts';
import { type FleetPlan, KINDS, kindOf, namesOf, POLICY, type ProcessName } from './plan.ts';
import { type FleetProcess, startProcess } from './processes.ts';

/** A whole fleet on this machine: real Redis and PostgreSQL, and every service as the process that is deployed. */
export interface Fleet extends Outside, AsyncDisposable {
  readonly root: string;
  readonly redis: RedisServer;
  readonly postgres: Cluster;
  /** The address of the ledger's database. */
  readonly database: string;
  readonly network: Network;
  readonly processes: ReadonlyMap<ProcessName, FleetProcess>;
  /** What receipts are signed with, as PEM. */
  readonly signingKey: string;
  /** Where each dispatcher listens. */
  urls(): readonly string[];
  /** Starts a process of this name again. */
  start(name: ProcessName): Promise<FleetProcess>;
  /** Ends all processes of its own. */
  end(): Promise<void>;
}

/** Starts a fleet; it answers when all of it is up. */
export async function startFleet(plan: FleetPlan = {}): Promise<Fleet> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'drylane-fleet-')));
  const workspaces = join(root, 'workspaces');
  await mkdir(workspaces);
  await writeFile(join(root, 'policy.yaml'), (plan.policy ?? POLICY)(workspaces));
  const around = await plan.around?.(root);
  const [redis, postgres] = await Promise.all([startRedis(), startCluster()]);
  const database = await postgres.database();
  const secrets = newSecrets();
  const ports = new Map<ProcessName, number>();
  const dispatchers = (): number[] => [...ports.values()];
  const network = await openNetwork(plan, { root, redis: redis.url, database, dispatchers });
  const environmentOf = environmentsOf({ plan, root, workspaces, network, secrets, ports });
  const processes = new Map<ProcessName, FleetProcess>();
  const [closing, coming] = [new AbortController(), new Set<Promise<FleetProcess>>()];
  const start = (name: ProcessName): Promise<FleetProcess> => {
    const started = startOne(name).finally(() => coming.delete(started));
    coming.add(started);
    return started;
  };
  const startOne = async (name: ProcessName): Promise<FleetProcess> => {
    closing.signal.throwIfAborted();
    const kind = kindOf(name);
    const service = kind === 'rehearsal' || kind === 'live' ? 'worker' : kind;
    const started = await startProcess(service, environmentOf(name), {
      ground: plan.grounds?.(root)[name] ?? [],
      hear: (line) => plan.hear?.(name, line),
      giveUp: closing.signal,
    });
    processes.set(name, started);
    if (kind === 'dispatcher') ports.set(name, started.port);
    return started;
  };
  const end = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((process) => process.end('SIGTERM')));
  };
  const close = async (): Promise<void> => {
    // Somebody may still be starting one, or go on to start the next.
    closing.abort(new Error('the fleet is taken down'));
    await Promise.allSettled(coming);
    await end();
    await Promise.all([redis.stop(), postgres.stop(), network.stop()]);
    await around?.[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  };
  try {
    for (const name of namesOf('dispatcher', plan)) await start(name);
    const others = KINDS.filter((kind) => kind !== 'dispatcher');
    await Promise.all(others.flatMap((kind) => namesOf(kind, plan)).map(start));
  } catch (fault) {
    await close();
    throw fault;
  }
  const urls = (): string[] => dispatchers().map((port) => `http://127.0.0.1:${port}`);
  const [url = ''] = urls();
  const outside = openOutside({ url, workspaces, mounted: workspaces, bootstrap: secrets.bootstrap });
  return {
    ...{ ...outside, root, redis, postgres, database, network, processes, start, end, urls },
    signingKey: secrets.signingKey,
    [Symbol.asyncDispose]: close,
  };
}

function newSecrets(): Secrets {
  const secret = (): string => randomBytes(32).toString('hex');
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { bootstrap: secret(), worker: secret(), signingKey: key };
}
