import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type Ends, join } from './pipe.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(handle: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, handle);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** A client that reaches `host` only through a join. */
async function through(host: (socket: Socket) => void, idleMs = 60_000) {
  const behind = await listening(host);
  const ends = Promise.withResolvers<Ends>();
  const before = await listening((inside) => {
    const outside = connect({ port: behind, host: '127.0.0.1', allowHalfOpen: true });
    join({ inside, outside }, idleMs);
    ends.resolve({ inside, outside });
  });
  const client = connect({ port: before, host: '127.0.0.1', allowHalfOpen: true });
  await once(client, 'connect');
  client.on('error', () => undefined);
  return { client, ends: ends.promise };
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

describe('two joined ends', () => {
  it('carry bytes both ways, all of them and in their order', async () => {
    const { client } = await through((host) => host.pipe(host));
    const sent = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251));
    const back = buffer(client);
    client.end(sent);
    expect((await back).equals(sent)).toBe(true);
  });

  it('let a side that has no more to say go on listening', async () => {
    const { client } = await through(async (host) => {
      const asked = await text(host);
      host.end(`heard ${asked}`);
    });
    const answered = text(client);
    client.end('all of it');
    expect(await answered).toBe('heard all of it');
  });

  it('let the host end first and still hear the rest', async () => {
    const heard = Promise.withResolvers<string>();
    const { client } = await through((host) => {
      host.end('bye');
      void text(host).then(heard.resolve);
    });
    expect(await text(client)).toBe('bye');
    client.end('one more thing');
    expect(await heard.promise).toBe('one more thing');
  });

  it('slow a writer down to what the reader takes, and lose nothing by it', async () => {
    const host = Promise.withResolvers<Socket>();
    const { client, ends } = await through((socket) => host.resolve(socket.pause()));
    const sent = 64 * 2 ** 20;
    client.end(Buffer.alloc(sent, 1));
    const { inside, outside } = await ends;
    await expect.poll(() => outside.writableNeedDrain && inside.isPaused()).toBe(true);
    // What one read brings may come on top of what a stream holds.
    expect(outside.writableLength).toBeLessThanOrEqual(outside.writableHighWaterMark + 65_536);
    expect(inside.bytesRead).toBeLessThan(sent);
    let taken = 0;
    for await (const chunk of (await host.promise) as AsyncIterable<Buffer>) taken += chunk.length;
    expect(taken).toBe(sent);
  });

  it('break off together', async () => {
    const { client } = await through((host) => host.once('data', () => host.resetAndDestroy()));
    const broken = closed(client);
    client.write('x');
    client.resume();
    await broken;

    const gone = Promise.withResolvers<void>();
    const { client: other } = await through((host) => {
      host.on('error', () => undefined);
      host.on('close', () => gone.resolve());
      host.resume();
    });
    other.resetAndDestroy();
    await gone.promise;
  });

  it('break off when nothing comes for too long', async () => {
    const { client } = await through((host) => host.on('error', () => undefined).resume(), 50);
    await closed(client.resume());
  });
});
