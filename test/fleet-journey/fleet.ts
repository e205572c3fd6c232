import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '@drylane/chassis/transport/redis.fixture';
import { type Cluster, startCluster } from '@drylane/dispatcher/ledger/postgres.fixture';
import { type Client, createClient } from './client.ts';
import { type FleetProcess, startProcess } from './processes.ts';

/** A whole fleet on this machine: real Redis and PostgreSQL, and every service as the process that is deployed. */
export interface Fleet extends AsyncDisposable {
  readonly root: string;
  /** Workspaces are made in here. */
  readonly workspaces: string;
  readonly redis: RedisServer;
  readonly postgres: Cluster;
  readonly processes: Map<string, FleetProcess>;
  /** Whoever may do everything but approve what it submitted. */
  readonly operator: Client;
  /** Where the dispatcher listens. */
  readonly url: string;
  /** The text of a new token of this role. */
  token(role: string, tenant: string): Promise<string>;
  /** A client with a new token of this role. */
  client(role: string, tenant: string): Promise<Client>;
  /** Starts a process of this name again. */
  start(name: ProcessName): Promise<FleetProcess>;
}

type ProcessName = 'dispatcher' | 'comparator' | 'rehearsal' | 'live';

const POLICY = (root: string): string => `version: 1
approvals: { rehearsal: { from: never }, live: { from: high, expires: 1h } }
workspaces: { roots: ["${root}"] }
`;

/** Starts a fleet; it answers when all of it is up. `more` goes to the environment of its workers. */
export async function startFleet(
  policy: (root: string) => string = POLICY,
  more: Readonly<Record<string, string>> = {},
): Promise<Fleet> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'drylane-fleet-')));
  const workspaces = join(root, 'workspaces');
  await mkdir(workspaces);
  await writeFile(join(root, 'policy.yaml'), policy(workspaces));
  const [redis, postgres] = await Promise.all([startRedis(), startCluster()]);
  const secret = (): string => randomBytes(32).toString('hex');
  const [bootstrap, worker] = [secret(), secret()];
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const common = {
    DRYLANE_REDIS_URL: redis.url,
    DRYLANE_BLOBS: `file:${join(root, 'blobs')}`,
    DRYLANE_GRACE: '5s',
  };
  const health = { DRYLANE_HEALTH_HOST: '127.0.0.1', DRYLANE_HEALTH_PORT: '0' };
  const database = await postgres.database();
  let port = '0';
  const environments: Readonly<Record<ProcessName, () => Record<string, string>>> = {
    dispatcher: () => ({
      ...{ ...common, ...health, DRYLANE_HOST: '127.0.0.1', DRYLANE_PORT: port },
      DRYLANE_DATABASE_URL: database,
      DRYLANE_POLICY: join(root, 'policy.yaml'),
      DRYLANE_SIGNING_KEY: key,
      DRYLANE_BOOTSTRAP_TOKEN: bootstrap,
      DRYLANE_WORKER_TOKEN: worker,
    }),
    comparator: () => ({ ...common, ...health }),
    rehearsal: () => worked('rehearsal'),
    live: () => ({
      ...worked('live'),
      DRYLANE_DISPATCHER_URL: `http://127.0.0.1:${port}`,
      DRYLANE_WORKER_TOKEN: worker,
    }),
  };
  function worked(lane: string): Record<string, string> {
    const place = { DRYLANE_STATE: join(root, lane), DRYLANE_WORKSPACES: workspaces, DRYLANE_LANE: lane };
    return { ...common, ...health, ...place, ...more };
  }
  const processes = new Map<string, FleetProcess>();
  const start = async (name: ProcessName): Promise<FleetProcess> => {
    const service = name === 'rehearsal' || name === 'live' ? 'worker' : name;
    const started = await startProcess(service, environments[name]());
    processes.set(name, started);
    if (name === 'dispatcher') port = String(started.port);
    return started;
  };
  const close = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((process) => process.end('SIGTERM')));
    await Promise.all([redis.stop(), postgres.stop()]);
    await rm(root, { recursive: true, force: true });
  };
  try {
    await start('dispatcher');
    await Promise.all([start('comparator'), start('rehearsal'), start('live')]);
  } catch (fault) {
    await close();
    throw fault;
  }
  const url = `http://127.0.0.1:${port}`;
  const operator = createClient(url, bootstrap);
  let made = 0;
  const token = async (role: string, tenant: string): Promise<string> => {
    made += 1;
    const asked = { name: `t${made}`, role, tenant, expires_ms: null };
    return (await operator.post<{ readonly text: string }>('/v1/tokens', asked)).text;
  };
  return {
    ...{ root, workspaces, redis, postgres, processes, operator, start, url, token },
    client: async (role, tenant) => createClient(url, await token(role, tenant)),
    [Symbol.asyncDispose]: close,
  };
}
