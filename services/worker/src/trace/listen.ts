import { type Socket, servesOthers } from './address.ts';
import { addAttempt, type Target } from './attempts.ts';
import type { CallEvent } from './event.ts';
import { type InetAddress, type Network, noteSocket, UNKNOWN_TARGET } from './network.ts';
import type { Process } from './processes.ts';

type Local = Extract<CallEvent, { kind: 'local' }>;

const MOST_BOUND = 10_000;

/** Takes in a socket's own address; false if one that others may reach could not be read. */
export function onLocal(network: Network, process: Process, event: Local): boolean {
  const { call, socket, result } = event;
  noteSocket(network, socket);
  if (result.value !== 0 || socket.family === 'local') return true;
  switch (call) {
    case 'bind':
      return onBind(network, process, event);
    case 'listen':
      return onListen(network, process, event);
    case 'getsockname':
      onAsked(network, process, event);
      return true;
    default:
      return call satisfies never;
  }
}

function onBind(network: Network, process: Process, { socket, address }: Local): boolean {
  // A path for a socket of the internet is not what the kernel was given.
  if (address.kind === 'unknown' || address.kind === 'unix') {
    addAttempt(network.attempts, process, { ...UNKNOWN_TARGET, protocol: socket.protocol, listens: true });
    return false;
  }
  if (address.kind !== 'inet') return true;
  if (socket.inode !== null && network.bound.size < MOST_BOUND) network.bound.set(socket.inode, address);
  // Whatever the kernel chooses is somebody who asks, not somebody who is asked.
  if (address.port === 0) return true;
  network.asked.add(address.port);
  if (socket.protocol === 'tcp') return true;
  network.ports.add(address.port);
  if (servesOthers(address))
    addAttempt(network.attempts, process, listener('udp', address.address, address.port));
  return true;
}

function onListen(network: Network, process: Process, { socket, address }: Local): boolean {
  const told = address.kind === 'inet' ? address : boundTo(network, socket.inode);
  if (told !== null && told.port !== 0) network.listening.add(told.port);
  else if (network.unnamed.size < MOST_BOUND) network.unnamed.add(keyOf(process, socket));
  if (told !== null && !servesOthers(told)) return true;
  const chosen = told === null || !network.asked.has(told.port);
  // One that was never bound is reached at every address. A port that the kernel chose is another one the next time.
  const everywhere = socket.family === 'inet6' ? '::' : '0.0.0.0';
  const target = listener('tcp', told?.address ?? everywhere, chosen ? null : told.port);
  addAttempt(network.attempts, process, target);
  return true;
}

/** A socket without a connection that asks where it is: the kernel chose its port. */
function onAsked(network: Network, process: Process, { socket, address }: Local): void {
  if (address.kind !== 'inet' || address.port === 0 || socket.peer.kind !== 'none') return;
  if (socket.protocol === 'udp') network.ports.add(address.port);
  else if (network.unnamed.has(keyOf(process, socket))) network.listening.add(address.port);
}

function keyOf({ id }: Process, { fd }: Socket): string {
  return `${id} ${fd}`;
}

function boundTo({ bound }: Network, inode: number | null): InetAddress | null {
  return inode === null ? null : (bound.get(inode) ?? null);
}

function listener(protocol: 'tcp' | 'udp', address: string, port: number | null): Target {
  return { protocol, host: null, address, port, listens: true };
}
