import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Grant, mayBeMeant } from './reachability.ts';

/** Finds the addresses of a name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Asks as every program of this machine does. */
export const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);

/** Lets no more than so many look-ups go on at once: each holds a thread that the rest of this process needs too. */
export function inTurn(resolve: Resolve, most: number): Resolve {
  const waiting: (() => void)[] = [];
  let going = 0;
  return async (name) => {
    if (going >= most) await new Promise<void>((go) => waiting.push(go));
    else going += 1;
    try {
      return await resolve(name);
    } finally {
      // Whoever waits takes over the turn.
      const next = waiting.shift();
      if (next === undefined) going -= 1;
      else next();
    }
  };
}

/** Where a door of the gate leads. */
export type Destination =
  | { readonly kind: 'name'; readonly name: string; readonly grant: Grant; readonly port: number }
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly port: number };

/** The other end of a connection; or why there is none, and at which address. */
export type Dialled =
  | { readonly outcome: 'connected'; readonly outside: Socket; readonly to: string }
  | { readonly outcome: 'unreachable' | 'forbidden'; readonly to: string | null };

export interface DialOptions {
  readonly resolve: Resolve;
  readonly timeoutMs: number;
}

/**
 * Connects to where a door leads. A name is looked up here, at this moment, and the connection goes to an address that
 * came of it and may be meant by it: nobody is asked twice, so nobody can answer two things.
 */
export async function dial(destination: Destination, { resolve, timeoutMs }: DialOptions): Promise<Dialled> {
  const { addresses, barred } = await addressesOf(destination, resolve);
  for (const to of addresses) {
    const outside = await reach(to, destination.port, timeoutMs);
    if (outside !== undefined) return { outcome: 'connected', outside, to };
  }
  if (addresses.length === 0 && barred !== null) return { outcome: 'forbidden', to: barred };
  return { outcome: 'unreachable', to: addresses[0] ?? null };
}

const MOST_ADDRESSES = 4;

async function addressesOf(destination: Destination, resolve: Resolve) {
  if (destination.kind === 'addresses') return { addresses: destination.addresses, barred: null };
  const found = await resolve(destination.name).catch(() => []);
  const own = ownAddresses();
  const meant = found.filter((address) => mayBeMeant(destination.grant, address, own));
  const barred = found.find((address) => !meant.includes(address)) ?? null;
  return { addresses: meant.slice(0, MOST_ADDRESSES), barred };
}

/** The addresses of this machine: what listens there may trust whoever is on it. */
function ownAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces());
  return new Set(all.flatMap((some) => (some ?? []).map(({ address }) => address)));
}

function reach(host: string, port: number, timeoutMs: number): Promise<Socket | undefined> {
  const socket = connect({ host, port, allowHalfOpen: true });
  return new Promise((resolve) => {
    const fail = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(timeoutMs, fail);
    // It stays, for errors between now and whoever takes the socket.
    socket.on('error', fail);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('timeout', fail);
      resolve(socket);
    });
  });
}
