import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A way to Redis that can be stopped before a transaction. */
export interface Passage {
  readonly url: string;
  /** Holds back the next transaction, and all behind it; resolves once there is one. */
  holdTransaction(): Promise<Held>;
  stop(): Promise<void>;
}

export interface Held {
  /** Lets what was held back go on. */
  release(): void;
  /** Ends the connection instead: Redis never hears of it. */
  cut(): void;
}

/** Starts a proxy before a server's socket. */
export async function startProxy(target: string): Promise<Passage> {
  const directory = mkdtempSync(join(tmpdir(), 'drylane-proxy-'));
  const url = join(directory, 'redis');
  let onTransaction: ((held: Held) => void) | null = null;
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
    upstream.pipe(client);
    client.on('data', (bytes) => {
      if (onTransaction === null || !/\bmulti\r\n/i.test(bytes.toString('latin1')))
        return void upstream.write(bytes);
      client.pause();
      onTransaction(heldAt(client, upstream, bytes));
      onTransaction = null;
    });
  });
  server.listen(url);
  await once(server, 'listening');
  return {
    url,
    holdTransaction: () =>
      new Promise((resolve) => {
        onTransaction = resolve;
      }),
    async stop() {
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function heldAt(client: Socket, upstream: Socket, bytes: Uint8Array): Held {
  return {
    release() {
      upstream.write(bytes);
      client.resume();
    },
    cut: () => client.destroy(),
  };
}
