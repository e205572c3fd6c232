import type { Address, Socket } from './address.ts';
import { type Attempts, noAttempts, type Target } from './attempts.ts';
import type { CallEvent } from './event.ts';
import type { Result } from './line.ts';

export type InetAddress = Extract<Address, { kind: 'inet' }>;

/** An attempt of which nothing is known. */
export const UNKNOWN_TARGET: Target = { protocol: 'tcp', host: null, address: null, port: null };

export const DNS_PORT = 53;

/** Where the sandbox sends every question for a name; nothing answers there. */
export const RESOLVER: InetAddress = { kind: 'inet', address: '127.0.0.1', port: DNS_PORT, loopback: true };

const MOST_PATHS = 10_000;

/** Where programs look up users, hosts and groups on their own; a container has none of these services. */
const NAME_SERVICES =
  /^(?:\/var\/run\/nscd\/socket|\/run\/nscd\/socket|\/run\/systemd\/userdb\/[^/]+|\/var\/lib\/sss\/pipes\/[^.][^/]*(?:\/[^./][^/]*)?|\/run\/systemd\/resolve\/[^/]+|\/(?:var\/)?run\/avahi-daemon\/socket)$/;

/** What a trace told about the network so far. */
export interface Network {
  readonly attempts: Attempts;
  /** Ports that processes of the trace are reached on, as `tcp:80`. */
  readonly ports: Set<string>;
  /** Paths of unix sockets that processes of the trace are reached on. */
  readonly paths: Set<string>;
  /** How many connections to the resolver have not shown a question. */
  unasked: number;
}

/** A network that nobody has touched. */
export function quietNetwork(): Network {
  return { attempts: noAttempts(), ports: new Set(), paths: new Set(), unasked: 0 };
}

/** Notes where a socket of the trace is reached itself. */
export function noteLocal(network: Network, event: Extract<CallEvent, { kind: 'local' }>): void {
  const { socket, address, result } = event;
  noteSocket(network, socket);
  if (result.value !== 0 || socket.peer.kind !== 'none') return;
  notePort(network, socket.protocol, address);
  if (address.kind === 'unix' && network.paths.size < MOST_PATHS) network.paths.add(address.path);
}

/** Notes the own port of a socket that is not, or need not be, connected. */
export function noteSocket(network: Network, { protocol, local, peer }: Socket): void {
  if (protocol === 'udp' || peer.kind === 'none') notePort(network, protocol, local);
}

function notePort({ ports }: Network, protocol: 'tcp' | 'udp', address: Address): void {
  if (address.kind === 'inet' && address.port !== 0) ports.add(`${protocol}:${address.port}`);
}

/** Whether a call cannot have led anywhere: the kernel found no socket, or could not read what it was given either. */
export function failedBefore({ error }: Result): boolean {
  return error === 'EBADF' || error === 'ENOTSOCK' || error === 'EFAULT';
}

/** Whether an address is that of the sandbox's resolver. */
export function isResolver({ address, port }: InetAddress): boolean {
  return address === RESOLVER.address && port === RESOLVER.port;
}

/** Whether an internet address is that of a process of the trace. */
export function isOwnPort({ ports }: Network, protocol: 'tcp' | 'udp', address: InetAddress): boolean {
  return address.loopback && ports.has(`${protocol}:${address.port}`);
}

/** Whether a unix socket is of no interest: its listener is in the container, or it is asked about users and hosts. */
export function isInsidePath({ paths }: Network, path: string, { value, error }: Result): boolean {
  const answered = (value !== null && value >= 0) || error === 'EAGAIN' || error === 'EISCONN';
  return answered || paths.has(path) || NAME_SERVICES.test(path);
}

/** An internet address as a target. */
export function inetTarget(protocol: 'tcp' | 'udp', { address, port }: InetAddress): Target {
  return { protocol, host: null, address, port };
}

/** A unix socket's path as a target. */
export function unixTarget(path: string): Target {
  return { protocol: 'unix', host: null, address: path, port: null };
}

/** A family of addresses that is neither the internet's nor local, as a target. */
export function familyTarget(family: string): Target {
  return { protocol: 'udp', host: null, address: family, port: null };
}
