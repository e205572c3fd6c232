import type { Address, Socket } from './address.ts';
import { type Attempts, noAttempts, type Target } from './attempts.ts';
import type { Result } from './line.ts';

export type InetAddress = Extract<Address, { kind: 'inet' }>;

/** An attempt of which nothing is known. */
export const UNKNOWN_TARGET: Target = { protocol: 'tcp', host: null, address: null, port: null };

export const DNS_PORT = 53;

/** Where the sandbox sends every question for a name; nothing answers there. */
export const RESOLVER: InetAddress = { kind: 'inet', address: '127.0.0.1', port: DNS_PORT, loopback: true };

/**
 * Who stands behind a place of the container's loopback, where a gate leads out of it; null where nobody does. Somebody
 * without a name goes by the address.
 */
export type Outward = (address: string, port: number) => { readonly host: string | null } | null;

/** What a trace told about the network so far. */
export interface Network {
  readonly outward: Outward;
  readonly attempts: Attempts;
  /** Datagram ports of processes of the trace. */
  readonly ports: Set<number>;
  /** Stream ports that processes of the trace listened on. */
  readonly listening: Set<number>;
  /** Ports that were asked for by number; others the kernel chose. */
  readonly asked: Set<number>;
  /** Addresses of sockets that the tracer shows by their own number even when they have one. */
  readonly bound: Map<number, InetAddress>;
  /** Descriptors that listen on a port which the kernel chose and the tracer did not show. */
  readonly unnamed: Set<string>;
  /** How many connections to the resolver have not shown a question. */
  unasked: number;
  /** How many datagram sockets are connected to this machine and have shown nothing sent. */
  probes: number;
}

/** A network that nobody has touched. */
export function quietNetwork(outward: Outward): Network {
  return {
    outward,
    attempts: noAttempts(),
    ports: new Set(),
    listening: new Set(),
    asked: new Set(),
    bound: new Map(),
    unnamed: new Set(),
    unasked: 0,
    probes: 0,
  };
}

/** Notes the own port of a datagram socket. */
export function noteSocket({ ports }: Network, { protocol, local }: Socket): void {
  if (protocol === 'udp' && local.kind === 'inet' && local.port !== 0) ports.add(local.port);
}

/** Whether a call cannot have led anywhere: the kernel found no socket, or could not read what it was given either. */
export function failedBefore({ error }: Result): boolean {
  return error === 'EBADF' || error === 'ENOTSOCK' || error === 'EFAULT';
}

const ELSEWHERE: ReadonlySet<string | null> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN']);

/**
 * Whether the kernel's answer belongs to another address than the tracer saw: nothing on this machine is unreachable.
 * Another thread changed the address between the tracer's look and the kernel's. An address of IPv6 "cannot be
 * assigned" where there is no IPv6, and then not even its loopback is.
 */
export function contradicts(socket: Socket, address: Address, { error }: Result): boolean {
  const inet = address.kind === 'inet';
  const inside = address.kind === 'none' || address.kind === 'unix' || (inet && address.loopback);
  if (!inside) return false;
  if (ELSEWHERE.has(error)) return true;
  const v6 = inet && address.address.includes(':');
  return error === 'EADDRNOTAVAIL' && socket.family === 'inet6' && !v6;
}

/** Whether an address is that of the sandbox's resolver, or of another machine's: they all are on loopback. */
export function isResolver({ loopback, port }: InetAddress): boolean {
  return loopback && port === DNS_PORT;
}

// The connection is there, or was judged when it began.
const CONNECTED: ReadonlySet<string | null> = new Set(['EISCONN', 'EALREADY']);
// It goes on by itself; the trace will not tell how it ends.
const GOES_ON: ReadonlySet<string | null> = new Set(['EINPROGRESS', 'EINTR', 'ERESTARTSYS', 'EAGAIN']);

/**
 * Whether a stream to this machine was taken by somebody in the container: live, whoever is not answered here may
 * reach a real service, whatever was bound before.
 *
 * A connection that does not wait always "goes on", and whether it was taken shows in no call that is traced. So there
 * it is enough that somebody in the trace listened on the port at some time: that a socket was closed is not told.
 */
export function isTaken(network: Network, to: InetAddress, { value, error }: Result): boolean {
  const { listening } = network;
  const { port } = to;
  if (!staysInside(network, to)) return false;
  if (error === null) return value !== null && value >= 0;
  return CONNECTED.has(error) || (GOES_ON.has(error) && listening.has(port));
}

/** Whether an address is this machine's and no gate's. */
export function staysInside({ outward }: Network, { address, port, loopback }: InetAddress): boolean {
  return loopback && outward(address, port) === null;
}

/** An internet address as a target. */
export function inetTarget(
  protocol: 'tcp' | 'udp',
  { address, port }: Pick<InetAddress, 'address' | 'port'>,
): Target {
  return { protocol, host: null, address, port };
}

/** A family of addresses that is neither the internet's nor local, as a target. */
export function familyTarget(family: string): Target {
  return { protocol: 'udp', host: null, address: family, port: null };
}
