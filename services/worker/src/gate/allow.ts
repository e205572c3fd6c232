import { DrylaneError } from '@drylane/proto/errors';
import { namesHost } from '@drylane/proto/hosts';
import { type Grant, reachabilityOf } from './reachability.ts';

/** The ports of a pattern that names none. A gate opens doors one by one, and cannot open all of them. */
export const DEFAULT_PORTS: readonly number[] = [443, 80];

/** Where the gate answers for names. */
export const RESOLVER_ADDRESS = '127.0.0.1';
export const RESOLVER_PORT = 53;

/** A door at an address that the command knows by itself: nobody is asked for a name. */
export interface FixedDoor {
  readonly address: string;
  readonly port: number;
  /** Where it leads, the first that answers. */
  readonly leadsTo: readonly string[];
  /** Not every machine has IPv6. */
  readonly optional: boolean;
}

/** What the patterns of an intent open. */
export interface Openings {
  /** The patterns that names are held against. */
  readonly names: readonly string[];
  readonly doors: readonly FixedDoor[];
}

/**
 * Reads the hosts that intent names. An address stands for itself. `localhost` is the loopback of the machine that
 * drylane runs on, as it would be for the command without drylane: whoever declares it means a service there.
 * @throws DrylaneError `not-promotable` for what a gate cannot lead to.
 */
export function openingsOf(network: readonly string[]): Openings {
  const names: string[] = [];
  const doors = new Map<string, FixedDoor>();
  for (const pattern of network) {
    const host = hostOf(pattern);
    if (pattern.startsWith('unix:'))
      throw unreachable(pattern, 'is a socket of this machine, which no live run is given');
    if (!isAddress(host) && host !== LOCALHOST) names.push(pattern);
    else for (const door of doorsOf(pattern, host)) doors.set(`${door.address} ${door.port}`, door);
  }
  return { names, doors: [...doors.values()] };
}

function doorsOf(pattern: string, host: string): readonly FixedDoor[] {
  return portsOf(pattern).flatMap((port) => {
    if (port === RESOLVER_PORT && (host === LOCALHOST || host === RESOLVER_ADDRESS))
      throw unreachable(pattern, 'is where a live run asks for names');
    const leadsTo = host === LOCALHOST ? LOOPBACKS : [host];
    if (host !== LOCALHOST && reachabilityOf(host) === 'nowhere')
      throw unreachable(pattern, 'is no address of a machine');
    const at = host === LOCALHOST ? LOOPBACKS : [host];
    return at.map((address) => ({ address, port, leadsTo, optional: address.includes(':') }));
  });
}

/** On which ports a name may be reached; none where it was not declared. */
export function portsFor(names: readonly string[], name: string): readonly number[] {
  if (!isOrdinaryName(name)) return [];
  const asked = { protocol: 'dns' as const, host: name, address: null, port: null };
  const ports = names.filter((pattern) => namesHost(pattern, asked)).flatMap(portsOf);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** By which kind of pattern a name and a port were declared; the narrower one, where both do. */
export function grantFor(names: readonly string[], name: string, port: number): Grant | null {
  if (!isOrdinaryName(name)) return null;
  const tried = { protocol: 'tcp' as const, host: name, address: null, port };
  const by = names.filter((pattern) => portsOf(pattern).includes(port) && namesHost(pattern, tried));
  if (by.length === 0) return null;
  return by.some((pattern) => !pattern.startsWith('*.')) ? 'name' : 'wildcard';
}

const LOCALHOST = 'localhost';
const LOOPBACKS: readonly string[] = ['127.0.0.1', '::1'];

const hostOf = (pattern: string): string => pattern.replace(/:\d+$/, '').toLowerCase();

function portsOf(pattern: string): readonly number[] {
  const port = /:(\d+)$/.exec(pattern)?.[1];
  return port === undefined ? DEFAULT_PORTS : [Number(port)];
}

/** An address as everybody reads it; others, such as `127.1`, are read so by some and by others not. */
const isAddress = (host: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) &&
  host.split('.').every((part) => Number(part) < 256 && String(Number(part)) === part);

/**
 * Whether a name is one that a machine can have: letters, digits, `-` and `_`, and no number at its end, which resolvers
 * take for an address (RFC 3696, section 2). What ends in `localhost` is never asked for over a network (RFC 6761).
 */
export function isOrdinaryName(name: string): boolean {
  if (name.length > 253 || !/^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name)) return false;
  const last = name.split('.').at(-1) ?? '';
  return !/^(?:\d+|0x[0-9a-f]*)$/.test(last) && last !== LOCALHOST;
}

function unreachable(pattern: string, message: string): DrylaneError {
  return new DrylaneError('not-promotable', {
    field: `intent.network: ${pattern}`,
    message,
    mend: 'leave it out of the intent, and rehearse again',
  });
}
