import type { Socket as Datagrams } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Namespace } from './namespace.ts';

/** Sockets of ours that listen in a container's network. */
export interface Doors {
  /** Lets streams come to a place there; false where that cannot be. */
  streams(address: string, port: number, visit: (inside: Socket) => void): Promise<boolean>;
  datagrams(address: string, port: number, use: (socket: Datagrams) => void): Promise<boolean>;
  close(): void;
}

/** No door is open yet. */
export function noDoors(namespace: Namespace): Doors {
  const servers: Server[] = [];
  const sockets: Datagrams[] = [];
  let closed = false;
  return {
    async streams(address, port, visit) {
      const handle = await namespace.streams(address, port);
      if (handle === undefined) return false;
      // As it comes, it would end what it writes as soon as it has read everything.
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, visit);
      server.on('error', () => undefined);
      server.listen(handle);
      servers.push(server);
      if (closed) server.close();
      return true;
    },
    async datagrams(address, port, use) {
      const socket = await namespace.datagrams(address, port);
      if (socket === undefined) return false;
      socket.on('error', () => undefined);
      sockets.push(socket);
      if (closed) socket.close();
      else use(socket);
      return true;
    },
    close() {
      if (closed) return;
      closed = true;
      for (const server of servers) server.close();
      for (const socket of sockets) socket.close();
    },
  };
}
