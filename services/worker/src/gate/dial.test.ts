import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { dial, inTurn } from './dial.ts';

const named = (port: number) => ({ kind: 'name', name: 'a.example', grant: 'name', port }) as const;

describe('a connection to a name', () => {
  it.each([
    ['its loopback', ['127.0.0.1'], '127.0.0.1'],
    ['its loopback, in an address of IPv6', ['::ffff:127.0.0.1'], '::ffff:127.0.0.1'],
    ['where clouds give out credentials', ['169.254.169.254'], '169.254.169.254'],
  ])('is not made where the name leads this machine to %s', async (_, addresses, to) => {
    const knocked: unknown[] = [];
    const server = createServer((socket) => knocked.push(socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const options = { resolve: async () => addresses, timeoutMs: 1000 };
    expect(await dial(named(port), options)).toEqual({ outcome: 'forbidden', to });
    // The same server by the address that it is.
    const direct = await dial({ kind: 'addresses', addresses: ['127.0.0.1'], port }, options);
    expect(direct).toMatchObject({ outcome: 'connected', to: '127.0.0.1' });
    if (direct.outcome === 'connected') direct.outside.destroy();
    await expect.poll(() => knocked.length).toBe(1);
    server.close();
  });

  it('is made to nobody where the name has no address, or looking it up fails', async () => {
    for (const resolve of [async () => [], () => Promise.reject(new Error('ENOTFOUND'))])
      expect(await dial(named(80), { resolve, timeoutMs: 1000 })).toEqual({
        outcome: 'unreachable',
        to: null,
      });
  });

  it('tries one address after another', async () => {
    const server = createServer((socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const destination = { kind: 'addresses', addresses: ['127.0.0.2', '127.0.0.1'], port } as const;
    const dialled = await dial(destination, { resolve: async () => [], timeoutMs: 1000 });
    expect(dialled).toMatchObject({ outcome: 'connected', to: '127.0.0.1' });
    if (dialled.outcome === 'connected') dialled.outside.destroy();
    server.close();
    expect(
      await dial(
        { kind: 'addresses', addresses: ['127.0.0.3'], port },
        { resolve: async () => [], timeoutMs: 1000 },
      ),
    ).toEqual({ outcome: 'unreachable', to: '127.0.0.3' });
  });
});

describe('look-ups', () => {
  it('go on a few at a time, each once, whether they fail or not', async () => {
    let going = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const resolve = inTurn(async (name) => {
      going += 1;
      most = Math.max(most, going);
      await new Promise<void>((end) => ends.push(end));
      going -= 1;
      if (name.startsWith('bad')) throw new Error(name);
      return [name];
    }, 2);
    const all = Promise.allSettled(['a', 'bad1', 'b', 'bad2', 'c'].map(resolve));
    for (let ended = 0; ended < 5; ended++) {
      await expect.poll(() => ends.length).toBeGreaterThan(0);
      ends.shift()?.();
    }
    expect((await all).map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    expect(most).toBe(2);
  });
});
