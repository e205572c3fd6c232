import { addAttempt, type Target } from './attempts.ts';
import type { CallEvent } from './event.ts';
import {
  failedBefore,
  familyTarget,
  type InetAddress,
  inetTarget,
  isInsidePath,
  isOwnPort,
  isResolver,
  type Network,
  noteSocket,
  UNKNOWN_TARGET,
  unixTarget,
} from './network.ts';
import type { Process } from './processes.ts';

type Connect = Extract<CallEvent, { kind: 'connect' }>;

/** A question that nobody could read. */
export const UNREAD_QUESTION: Target = { protocol: 'dns', host: null, address: null, port: null };

const MOST_UNASKED = 10_000;

/** Judges a connection; false if its address could not be read. */
export function onConnect(network: Network, process: Process, event: Connect): boolean {
  const { socket, address, result } = event;
  noteSocket(network, socket);
  closeUnasked(network, process, socket.fd);
  if (failedBefore(result)) return true;
  const target = targetOf(network, process, event);
  if (target !== null) addAttempt(network.attempts, process, target);
  return address.kind !== 'unknown';
}

function targetOf(network: Network, process: Process, { socket, address, result }: Connect): Target | null {
  switch (address.kind) {
    case 'none':
      return null;
    case 'unknown':
      return UNKNOWN_TARGET;
    case 'other':
      return familyTarget(address.family);
    case 'unix':
      return isInsidePath(network, address.path, result) ? null : unixTarget(address.path);
    case 'inet':
      if (isResolver(address)) return openUnasked(network, process, socket.fd);
      return staysInside(network, socket.protocol, address, result.value === 0)
        ? null
        : inetTarget(socket.protocol, address);
    default:
      return address satisfies never;
  }
}

/** On this machine a stream stays inside if someone of the trace answers; a datagram socket has sent nothing yet. */
function staysInside(
  network: Network,
  protocol: 'tcp' | 'udp',
  address: InetAddress,
  succeeded: boolean,
): boolean {
  if (!address.loopback) return false;
  return protocol === 'udp' || succeeded || isOwnPort(network, protocol, address);
}

/** Remembers a connection to the resolver until a question is seen on it, or it ends. */
function openUnasked(network: Network, process: Process, fd: number): Target | null {
  if (network.unasked >= MOST_UNASKED) return UNREAD_QUESTION;
  network.unasked += 1;
  process.unasked.set(fd, { program: process.program, step: process.step });
  return null;
}

/** Notes that a question was seen on a connection to the resolver. */
export function markAsked(network: Network, process: Process, fd: number): void {
  if (process.unasked.delete(fd)) network.unasked -= 1;
}

/** A descriptor stands for something else now; what it was is an attempt if nothing readable was asked on it. */
export function closeUnasked(network: Network, process: Process, fd: number): void {
  const connection = process.unasked.get(fd);
  if (connection === undefined) return;
  markAsked(network, process, fd);
  addAttempt(network.attempts, process, UNREAD_QUESTION, connection);
}

/** A process has ended, and with it all its connections. */
export function closeAll(network: Network, process: Process): void {
  for (const fd of [...process.unasked.keys()]) closeUnasked(network, process, fd);
}
