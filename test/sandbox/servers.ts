import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** One request that the declared server got. */
interface Heard {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** Servers of this machine, as a command might want to reach: one that is declared, and others that are not. */
export interface Servers extends AsyncDisposable {
  /** An address of this machine that is not its loopback. */
  readonly address: string;
  readonly bridge: string;
  readonly port: number;
  readonly heard: Heard[];
  /** Runs before an answer is given. */
  meanwhile: () => void | Promise<void>;
  /** Ports of servers that nobody declared: beside the declared one, on the loopback, and for datagrams. */
  readonly other: number;
  readonly loopback: number;
  readonly datagrams: number;
  /** Sockets of this machine, by path and by an abstract name. */
  readonly socket: string;
  readonly abstract: string;
  /** Who came to one of those. */
  readonly knocks: string[];
}

export async function openServers(directory: string): Promise<Servers> {
  const { own: address, bridge } = addresses();
  const heard: Heard[] = [];
  const knocks: string[] = [];
  const declared = createHttpServer(async (request, answer) => {
    const { url = '', headers } = request;
    heard.push({ url, authorization: headers.authorization, body: await text(request) });
    await servers.meanwhile();
    answer.end('hello\n');
  });
  const knocked = (name: string): Server =>
    createServer((visitor) => {
      knocks.push(name);
      visitor.on('error', () => undefined).end('HTTP/1.0 200 OK\r\n\r\nsecret\n');
    });
  const [other, loopback, byPath, byName] = ['other', 'loopback', 'socket', 'abstract'].map(knocked) as [
    Server,
    Server,
    Server,
    Server,
  ];
  const datagrams = createSocket('udp4', () => knocks.push('datagram'));
  const socket = join(directory, 'socket');
  const abstract = `drylane-test-${process.pid}`;
  await Promise.all([
    once(declared.listen(0, address), 'listening'),
    once(other.listen(0, '0.0.0.0'), 'listening'),
    once(loopback.listen(0, '127.0.0.1'), 'listening'),
    once(byPath.listen(socket), 'listening'),
    once(byName.listen(`\0${abstract}`), 'listening'),
    once(datagrams.bind(0, '0.0.0.0'), 'listening'),
  ]);
  const servers: Servers = {
    ...{ address, bridge, heard, knocks, socket, abstract, port: portOf(declared) },
    ...{ other: portOf(other), loopback: portOf(loopback), datagrams: datagrams.address().port },
    meanwhile: () => undefined,
    async [Symbol.asyncDispose]() {
      declared.closeAllConnections();
      for (const server of [declared, other, loopback, byPath, byName]) server.close();
      datagrams.close();
    },
  };
  return servers;
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as { readonly port: number }).port;
}

/** Of this machine: one that others would reach it by, and that of the engine's bridge, where it has one. */
export function addresses(): { readonly own: string; readonly bridge: string } {
  const found = Object.entries(networkInterfaces()).flatMap(([name, all]) =>
    (all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => ({ name, address })),
  );
  const own = found.find(({ address }) => !address.startsWith('169.254.'))?.address;
  if (own === undefined) throw new Error('this machine has no address but its loopback');
  return { own, bridge: found.find(({ name }) => name === 'docker0')?.address ?? '172.17.0.1' };
}
