import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Link, openLink } from './links.ts';
import { type FleetPlan, KINDS, kindOf, namesOf, type ProcessName } from './plan.ts';

/** Every way that goes from a process of a fleet to what it needs. */
export interface Network {
  readonly links: ReadonlyMap<string, Link>;
  /** The address of Redis, and of the ledger's database, as a process knows them. */
  redisOf(name: ProcessName): string;
  databaseOf(name: ProcessName): string;
  /** The address of the dispatchers, as live workers and clients know it; each connection goes to the next of them. */
  dispatcherOf(name: ProcessName | 'client'): string;
  stop(): Promise<void>;
}

export interface Ends {
  readonly root: string;
  readonly redis: string;
  readonly database: string;
  /** The ports of the dispatchers, as far as they are known by now. */
  readonly dispatchers: () => readonly number[];
}

const POSTGRES = '.s.PGSQL.5432';

/** How processes of a fleet reach what they need: straight on, unless the plan asks for links. */
export async function openNetwork(plan: FleetPlan, ends: Ends): Promise<Network> {
  return plan.cuttable === true ? openLinks(plan, ends) : straight(ends);
}

function straight({ redis, database, dispatchers }: Ends): Network {
  return {
    links: new Map(),
    redisOf: () => redis,
    databaseOf: () => database,
    dispatcherOf: () => `http://127.0.0.1:${dispatchers()[0]}`,
    stop: async () => undefined,
  };
}

/** Opens a link for each process to each of what it reaches, named `FROM>TO`. */
async function openLinks(plan: FleetPlan, ends: Ends): Promise<Network> {
  const links = new Map<string, Link>();
  const database = new URL(ends.database);
  const host = database.searchParams.get('host') ?? '';
  const directoryOf = (name: ProcessName): string => join(ends.root, 'links', name);
  let turn = 0;
  for (const name of KINDS.flatMap((kind) => namesOf(kind, plan))) {
    const directory = directoryOf(name);
    await mkdir(directory, { recursive: true });
    links.set(`${name}>redis`, await openLink(join(directory, 'redis'), () => ({ path: ends.redis })));
    if (kindOf(name) === 'dispatcher') {
      const target = () => ({ path: join(host, POSTGRES) });
      links.set(`${name}>postgres`, await openLink(join(directory, POSTGRES), target));
    }
  }
  const dispatcher = () => {
    const ports = ends.dispatchers();
    turn += 1;
    return { host: '127.0.0.1', port: ports[turn % ports.length] ?? 1 };
  };
  for (const name of [...namesOf('live', plan), 'client'])
    links.set(`${name}>dispatcher`, await openLink(null, dispatcher));
  return {
    links,
    redisOf: (name) => join(directoryOf(name), 'redis'),
    databaseOf(name) {
      const address = new URL(ends.database);
      address.searchParams.set('host', directoryOf(name));
      return address.href;
    },
    dispatcherOf: (name) => `http://127.0.0.1:${links.get(`${name}>dispatcher`)?.port}`,
    stop: async () => void (await Promise.all([...links.values()].map((link) => link.stop()))),
  };
}
