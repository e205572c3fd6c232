import { encodePath } from '@drylane/proto/paths';
import { type Item, type Quoted, unquote } from './syntax.ts';

/** Where a call leads, as far as its arguments tell. */
export type Address =
  | { readonly kind: 'inet'; readonly address: string; readonly port: number; readonly loopback: boolean }
  | { readonly kind: 'unix'; readonly path: string }
  /** A family that is neither the internet's nor local. */
  | { readonly kind: 'other'; readonly family: string }
  /** Leads nowhere: no address, the end of a connection, the kernel's own netlink. */
  | { readonly kind: 'none' }
  /** Not readable, or not understood. */
  | { readonly kind: 'unknown' };

const NONE: Address = { kind: 'none' };
const UNKNOWN: Address = { kind: 'unknown' };
/**
 * Reads a socket address such as `{sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("…")}`. Without a family
 * it means what the call makes of it: to connect, the end of a connection; to send, IPv4 all the same (udp(7)).
 */
export function readAddress(item: Item | undefined, withoutFamily: 'none' | 'unknown' = 'unknown'): Address {
  if (item === undefined) return UNKNOWN;
  if (item.text === 'NULL') return NONE;
  const fields = item.groups[0]?.open === '{' ? item.groups[0].items : undefined;
  const family = /^sa_family=(\S+)/.exec(fields?.[0]?.text ?? '')?.[1];
  if (fields === undefined || family === undefined) return UNKNOWN;
  switch (family) {
    case 'AF_UNSPEC':
      return { kind: withoutFamily };
    case 'AF_NETLINK':
      return NONE;
    case 'AF_INET':
      return readInet(fields, 'sin_port', (field) => field.text === 'sin_addr=inet_addr');
    case 'AF_INET6':
      return readInet(fields, 'sin6_port', (field) => field.text === 'inet_pton');
    case 'AF_UNIX':
      return readUnix(fields);
    default:
      return { kind: 'other', family };
  }
}

function readInet(fields: readonly Item[], portName: string, holds: (field: Item) => boolean): Address {
  const port = fields.find((field) => field.text === `${portName}=htons`)?.groups[0]?.items[0]?.text;
  const inside = fields.find(holds)?.groups[0]?.items ?? [];
  const text = inside.flatMap((item) => item.strings)[0];
  const shown = text && unquote(text)?.toString('latin1');
  if (port === undefined || !/^\d{1,5}$/.test(port) || shown === undefined) return UNKNOWN;
  return inetAddress(shown, Number(port));
}

/** An internet address from its text; the IPv4 address inside an IPv6 one is where such a call really leads. */
export function inetAddress(text: string, port: number): Address {
  const address = text.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
  if (!/^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/.test(address)) return UNKNOWN;
  // Connecting to "any" address reaches this machine too.
  const loopback = /^(?:127\.|0\.0\.0\.0$|::1?$)/.test(address);
  return { kind: 'inet', address, port, loopback };
}

/** Whether a socket that is reached there is reached from elsewhere too: any address but this machine's own two. */
export function servesOthers({ address }: Extract<Address, { kind: 'inet' }>): boolean {
  return !/^127\.|^::1$/.test(address);
}

function readUnix(fields: readonly Item[]): Address {
  const field = fields[1];
  if (field === undefined) return fields.length === 1 ? { kind: 'unix', path: '' } : UNKNOWN;
  const text: Quoted | undefined = field.strings[0];
  const path = text && !text.cut ? unquote(text) : undefined;
  if (path === undefined) return UNKNOWN;
  return { kind: 'unix', path: (field.text === 'sun_path=@' ? '@' : '') + encodePath(path) };
}

/** What a socket is, by what the tracer writes behind its number: `3<UDP:[10.0.0.1:40000->127.0.0.1:53]>`. */
export interface Socket {
  readonly fd: number;
  readonly protocol: 'tcp' | 'udp';
  /** `local` reaches nothing but this machine; what the tracer could not tell counts as `inet`. */
  readonly family: 'inet' | 'inet6' | 'local';
  /** The socket's own number, shown only while it has no address. */
  readonly inode: number | null;
  readonly local: Address;
  readonly peer: Address;
}

/** Reads a descriptor argument; undefined where there is no number. */
export function readSocket(item: Item | undefined): Socket | undefined {
  const match = /^(-?\d+)(?:<([A-Za-z0-9-]+):\[(.*)\]>)?/s.exec(item?.text ?? '');
  if (match === null) return undefined;
  const [, fd, type = '', ends = ''] = match;
  const [local = '', peer = ''] = ends.split('->');
  return {
    fd: Number(fd),
    protocol: type === '' || /TCP/.test(type) ? 'tcp' : 'udp',
    family: /^(?:UNIX|NETLINK)/.test(type) ? 'local' : type.endsWith('v6') ? 'inet6' : 'inet',
    inode: /^\d+$/.test(ends) ? Number(ends) : null,
    local: readEnd(local),
    peer: readEnd(peer),
  };
}

function readEnd(text: string): Address {
  const match = /^\[?([0-9a-f:.]+?)\]?:(\d{1,5})$/.exec(text);
  return match?.[1] ? inetAddress(match[1], Number(match[2])) : NONE;
}
