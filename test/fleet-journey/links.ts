import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

/** A way from one process to another that can be broken. */
export interface Link {
  /** Where whoever goes this way connects to: a port of the loopback, or 0 for a socket in the file system. */
  readonly port: number;
  /** Ends what goes this way, and lets nobody in. */
  cut(): void;
  /** Lets nothing through and says so to nobody. */
  hold(): void;
  /** Lets everything through again, and what was held first. */
  mend(): void;
  stop(): Promise<void>;
}

type Manner = 'open' | 'cut' | 'held';

/** Opens a link at a socket's path, or at a port of the loopback; `target` says for each connection where it leads. */
export async function openLink(path: string | null, target: () => NetConnectOpts): Promise<Link> {
  let manner: Manner = 'open';
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (manner === 'cut') return void near.destroy();
    const far = connect(target());
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes: Buffer) => void to.write(bytes));
      if (manner === 'held') from.pause();
    }
  });
  server.listen(path === null ? { host: '127.0.0.1', port: 0 } : { path });
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'string' ? 0 : ((address as AddressInfo | null)?.port ?? 0),
    cut() {
      manner = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    hold() {
      manner = 'held';
      for (const socket of sockets) socket.pause();
    },
    mend() {
      manner = 'open';
      for (const socket of sockets) socket.resume();
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
      if (path !== null) await rm(path, { force: true });
    },
  };
}
