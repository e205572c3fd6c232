import type { Address, Socket } from './address.ts';
import { addAttempt, type Target } from './attempts.ts';
import { markAsked, UNREAD_QUESTION } from './connect.ts';
import { type AskedName, readQuery, showName } from './dns.ts';
import type { CallEvent, Message } from './event.ts';
import type { Result } from './line.ts';
import {
  contradicts,
  DNS_PORT,
  failedBefore,
  familyTarget,
  type InetAddress,
  inetTarget,
  isResolver,
  isTaken,
  type Network,
  noteSocket,
  RESOLVER,
  staysInside,
  UNKNOWN_TARGET,
} from './network.ts';
import type { Process } from './processes.ts';
import { unquote } from './syntax.ts';
import { unixTarget } from './unix.ts';

/** What may have left for somewhere: byte strings to search for canaries. */
export interface Sent {
  readonly bytes: readonly Buffer[];
  /** Some of it, or where it went, could not be read. */
  readonly unreadable: boolean;
  /** Some of it was longer than the tracer reads. */
  readonly cut: boolean;
}

type Send = Extract<CallEvent, { kind: 'send' }>;

const NOTHING: Sent = { bytes: [], unreadable: false, cut: false };

/** The length before a query on a stream (RFC 1035, section 4.2.2). */
const STREAM_PREFIX = 2;

/** Judges everything that one call sends. */
export function onSend(network: Network, process: Process, event: Send): Sent {
  const { socket, messages, result } = event;
  noteSocket(network, socket);
  if (failedBefore(result)) return NOTHING;
  if (messages === null) {
    addAttempt(network.attempts, process, UNKNOWN_TARGET);
    return { ...NOTHING, unreadable: true };
  }
  const contradicted = isContradicted(process, event, messages);
  if (contradicted) addAttempt(network.attempts, process, UNKNOWN_TARGET);
  const sent = messages.map((message) => onMessage(network, process, socket, message, result));
  return {
    bytes: sent.flatMap(({ bytes }) => bytes),
    unreadable: contradicted || sent.some(({ unreadable }) => unreadable),
    cut: sent.some(({ cut }) => cut),
  };
}

/** Whether the kernel says of a message that it went elsewhere than the tracer saw. */
function isContradicted(process: Process, { socket, result }: Send, messages: readonly Message[]): boolean {
  const [first] = messages;
  if (first !== undefined && contradicts(socket, whereTo(process, socket, first), result)) return true;
  // Of several, only the first one's error is told. A datagram to this machine fails only after a refusal, and those
  // come back only to a socket that is connected.
  const failed = result.value !== null && result.value > 0 ? messages[result.value]?.address : undefined;
  const bare = socket.protocol === 'udp' && socket.peer.kind === 'none';
  return bare && failed?.kind === 'inet' && failed.loopback;
}

function onMessage(
  network: Network,
  process: Process,
  socket: Socket,
  message: Message,
  result: Result,
): Sent {
  const address = whereTo(process, socket, message);
  const payload = readPayload(message);
  const names = address.kind === 'inet' ? questions(socket, address.port, payload) : [];
  const toResolver = address.kind === 'inet' && isResolver(address);
  const target = toResolver
    ? unreadTarget(names, payload)
    : targetOf(network, socket, message, address, result);
  if (toResolver && names.length > 0) markAsked(network, process, socket.fd);
  if (target !== null) addAttempt(network.attempts, process, target);
  for (const name of names)
    addAttempt(network.attempts, process, { ...UNREAD_QUESTION, host: showName(name) });
  if (target === null && names.length === 0 && !toResolver) return NOTHING;
  return {
    bytes: payload === null ? [] : [payload, ...names.flatMap(spellings)],
    unreadable: payload === null || address.kind === 'unknown',
    cut: message.payload?.some((part) => part.cut) ?? false,
  };
}

/** Where a message goes; without an address, to what its socket is connected to. */
function whereTo(process: Process, socket: Socket, { address }: Message): Address {
  if (address.kind !== 'none') return address;
  if (socket.peer.kind !== 'none') return socket.peer;
  return process.unasked.has(socket.fd) ? RESOLVER : { kind: 'none' };
}

function targetOf(
  network: Network,
  socket: Socket,
  message: Message,
  address: Address,
  result: Result,
): Target | null {
  switch (address.kind) {
    case 'none':
      return null;
    case 'unknown':
      return UNKNOWN_TARGET;
    case 'other':
      return familyTarget(address.family);
    case 'unix':
      return unixTarget(address.path, result);
    case 'inet': {
      const inside =
        socket.protocol === 'tcp'
          ? onConnection(network, message, address) || isTaken(network, address, result)
          : isHeard(network, address, result);
      return inside ? null : inetTarget(socket.protocol, address);
    }
    default:
      return address satisfies never;
  }
}

/** A stream that is connected inside was taken there, however it ends. */
function onConnection(network: Network, message: Message, peer: InetAddress): boolean {
  return staysInside(network, peer) && message.address.kind === 'none';
}

/** Whether a datagram went to a process of the trace. A port was its own if it ever was: closing is not told. */
function isHeard({ ports }: Network, { port, loopback }: InetAddress, { value, error }: Result): boolean {
  const went = error === 'EAGAIN' || (value !== null && value >= 0);
  return loopback && went && ports.has(port);
}

/** What is sent to the resolver and is no question is an attempt all the same; a stream's length may come alone. */
function unreadTarget(names: readonly AskedName[], payload: Buffer | null): Target | null {
  if (names.length > 0 || payload?.length === 0) return null;
  return payload?.length === STREAM_PREFIX ? null : UNREAD_QUESTION;
}

function questions(socket: Socket, port: number, payload: Buffer | null): readonly AskedName[] {
  if (port !== DNS_PORT || payload === null) return [];
  const message = socket.protocol === 'tcp' ? payload.subarray(STREAM_PREFIX) : payload;
  return readQuery(message) ?? (socket.protocol === 'tcp' ? readQuery(payload) : undefined) ?? [];
}

/** A name's bytes as a canary may stand in them: with the dots, and cut into labels only to make them fit. */
function spellings({ labels }: AskedName): readonly Buffer[] {
  return [
    Buffer.from(labels.map((label) => label.toString('latin1')).join('.'), 'latin1'),
    Buffer.concat(labels),
  ];
}

function readPayload({ payload }: Message): Buffer | null {
  if (payload === null) return null;
  const parts = payload.map(unquote);
  return parts.every((part) => part !== undefined) ? Buffer.concat(parts) : null;
}
