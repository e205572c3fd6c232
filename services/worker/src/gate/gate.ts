import { DrylaneError } from '@drylane/proto/errors';
import { type FixedDoor, openingsOf, RESOLVER_ADDRESS, RESOLVER_PORT } from './allow.ts';
import { inTurn, type Resolve } from './dial.ts';
import { type Doors, noDoors } from './doors.ts';
import { allotDoors } from './names.ts';
import { enterNetwork, type Namespace, type NetworkOwner } from './namespace.ts';
import type { Places } from './places.ts';
import { openResolver, type Resolver, type ResolverLimits } from './resolver.ts';
import type { Reached } from './tally.ts';
import { noTraffic, type Traffic, type TrafficLimits } from './traffic.ts';

const TRAFFIC_LIMITS: TrafficLimits = { connections: 256, connectMs: 10_000, idleMs: 600_000 };
const MOST_LOOK_UPS = 2;
const RESOLVER_LIMITS: ResolverLimits = { questions: 20_000, streams: 32, idleMs: 10_000 };

export interface GateOptions {
  readonly owner: NetworkOwner;
  /** The hosts that intent names; no others are reached. */
  readonly network: readonly string[];
  readonly places: Places;
  readonly resolve: Resolve;
}

/** The only way out of a container that has no network: to declared hosts and ports, by TCP. */
export interface Gate {
  /** Everybody who was reached up to now. */
  reached(): readonly Reached[];
  /** Ends every connection. */
  close(): Promise<void>;
}

interface Parts {
  readonly namespace: Namespace;
  readonly doors: Doors;
  readonly traffic: Traffic;
  readonly resolver: Resolver;
}

/**
 * Opens a gate in the network of a container, which has nothing but its loopback. Names are answered there with addresses
 * of that loopback, each with a door for each declared port; whoever comes to a door is connected from out here.
 * @throws DrylaneError `machine-unfit` or `not-promotable`; then nothing stands.
 */
export async function openGate({ owner, network, places, resolve }: GateOptions): Promise<Gate> {
  const { names, doors: fixed } = openingsOf(network);
  const namespace = enterNetwork(owner);
  const doors = noDoors(namespace);
  const traffic = noTraffic(inTurn(resolve, MOST_LOOK_UPS), TRAFFIC_LIMITS);
  const resolver = openResolver(allotDoors({ declared: names, places, doors, traffic }), RESOLVER_LIMITS);
  const parts = { namespace, doors, traffic, resolver };
  try {
    await openFixed(parts, fixed, places);
    await answerNames(parts);
  } catch (cause) {
    await close(parts);
    throw cause;
  }
  return { reached: () => traffic.reached(), close: () => close(parts) };
}

async function openFixed(
  { namespace, doors, traffic }: Parts,
  fixed: readonly FixedDoor[],
  places: Places,
): Promise<void> {
  const away = new Set(fixed.map(({ address }) => address).filter((address) => !isLoopback(address)));
  for (const address of away) await namespace.adopt(address);
  for (const { address, port, leadsTo, optional } of fixed) {
    places.keep(address, port);
    const destination = { kind: 'addresses' as const, addresses: leadsTo, port };
    const stands = await doors.streams(address, port, (inside) =>
      traffic.lead(inside, { host: null, address, port }, destination),
    );
    if (!stands && !optional) throw taken(address, port);
  }
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

async function answerNames({ doors, resolver }: Parts): Promise<void> {
  const stands = await Promise.all([
    doors.datagrams(RESOLVER_ADDRESS, RESOLVER_PORT, (socket) => resolver.datagrams(socket)),
    doors.streams(RESOLVER_ADDRESS, RESOLVER_PORT, (stream) => resolver.stream(stream)),
  ]);
  if (!stands.every(Boolean)) throw taken(RESOLVER_ADDRESS, RESOLVER_PORT);
}

async function close({ namespace, doors, traffic, resolver }: Parts): Promise<void> {
  doors.close();
  resolver.close();
  await traffic.close();
  await namespace.close();
}

function taken(address: string, port: number): DrylaneError {
  return new DrylaneError('sandbox-failed', {
    field: 'network',
    message: `nothing could listen at ${address}:${port} in the container, so nothing was run`,
    mend: 'see what works here: drylane doctor',
  });
}
