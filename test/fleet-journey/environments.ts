import { join } from 'node:path';
import type { Network } from './network.ts';
import { type Environment, type FleetPlan, type Kind, kindOf, type ProcessName } from './plan.ts';

/** What processes of a fleet have of one another. */
export interface Secrets {
  readonly bootstrap: string;
  readonly worker: string;
  readonly signingKey: string;
}

/** What environments are made of. */
export interface Surroundings {
  readonly plan: FleetPlan;
  readonly root: string;
  readonly workspaces: string;
  readonly network: Network;
  readonly secrets: Secrets;
  /** The ports that dispatchers have had, so that they get them again. */
  readonly ports: ReadonlyMap<ProcessName, number>;
}

const HEALTH = { DRYLANE_HEALTH_HOST: '127.0.0.1', DRYLANE_HEALTH_PORT: '0' };

/** Makes the environment of each process. */
export function environmentsOf(around: Surroundings): (name: ProcessName) => Environment {
  const { plan, root, workspaces, network, secrets, ports } = around;
  const worked = (name: ProcessName, lane: string): Environment => ({
    ...{ DRYLANE_STATE: join(root, name), DRYLANE_WORKSPACES: workspaces, DRYLANE_LANE: lane },
  });
  const own: Readonly<Record<Kind, (name: ProcessName) => Environment>> = {
    dispatcher: (name) => ({
      ...{ DRYLANE_HOST: '127.0.0.1', DRYLANE_PORT: String(ports.get(name) ?? 0) },
      DRYLANE_DATABASE_URL: network.databaseOf(name),
      DRYLANE_POLICY: join(root, 'policy.yaml'),
      DRYLANE_SIGNING_KEY: secrets.signingKey,
      DRYLANE_BOOTSTRAP_TOKEN: secrets.bootstrap,
      DRYLANE_WORKER_TOKEN: secrets.worker,
    }),
    comparator: () => ({}),
    rehearsal: (name) => worked(name, 'rehearsal'),
    live: (name) => ({
      ...worked(name, 'live'),
      DRYLANE_DISPATCHER_URL: network.dispatcherOf(name),
      DRYLANE_WORKER_TOKEN: secrets.worker,
    }),
  };
  return (name) => ({
    ...HEALTH,
    DRYLANE_REDIS_URL: network.redisOf(name),
    DRYLANE_BLOBS: `file:${join(root, 'blobs')}`,
    DRYLANE_GRACE: '5s',
    ...own[kindOf(name)](name),
    ...plan.environment?.[kindOf(name)],
  });
}
