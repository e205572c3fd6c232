import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { noTraffic } from './traffic.ts';

const LIMITS = { connections: 2, connectMs: 5000, idleMs: 60_000 };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(handle: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, handle);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

/** A door that leads to a host of this test's. */
async function door(host: (socket: Socket) => void, limits = LIMITS) {
  const port = await listening(host);
  const traffic = noTraffic(async () => [], limits);
  const meant = { host: null, address: '127.0.0.1', port };
  const destination = { kind: 'addresses', addresses: ['127.0.0.1'], port } as const;
  const before = await listening((inside) => traffic.lead(inside, meant, destination));
  const knock = (): Socket => connect({ port: before, host: '127.0.0.1' }).on('error', () => undefined);
  return { traffic, meant, knock };
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.resume().once('close', () => resolve()));

describe('traffic through a gate', () => {
  it('is counted, by whom it was meant for and where it led', async () => {
    const { traffic, meant, knock } = await door(async (host) => host.end(`${await text(host)} and back`));
    const client = knock();
    client.end('there');
    expect(await text(client)).toBe('there and back');
    await expect
      .poll(() => traffic.reached())
      .toEqual([
        { ...meant, to: '127.0.0.1', outcome: 'connected', connections: 1, bytesOut: 5, bytesIn: 14 },
      ]);
  });

  it('is so many connections at once and no more', async () => {
    const { traffic, knock } = await door((host) => host.on('error', () => undefined).write('hello'));
    const [first, second] = [knock(), knock()];
    await Promise.all([once(first, 'data'), once(second, 'data')]);
    await closed(knock());
    expect(traffic.reached().map(({ outcome, connections }) => [outcome, connections])).toContainEqual([
      'crowded',
      1,
    ]);
    first.resetAndDestroy();
    // The place is free again as soon as its end is seen.
    await expect
      .poll(async () => {
        const third = knock();
        const heard = Promise.race([once(third, 'data').then(() => true), closed(third).then(() => false)]);
        return heard.finally(() => third.destroy());
      })
      .toBe(true);
    await traffic.close();
  });

  it('ends with the run, whatever it was doing', async () => {
    const { traffic, knock } = await door((host) => host.on('error', () => undefined).write('hello'));
    const client = knock();
    await once(client, 'data');
    await traffic.close();
    await closed(client);
    await closed(knock());
    expect(traffic.reached()).toMatchObject([{ outcome: 'connected', connections: 1, bytesIn: 5 }]);
  });
});
