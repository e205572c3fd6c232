// Runs on its own, in a container's network and nowhere else of it: opens sockets there and hands them to drylane. It
// takes orders from drylane alone, and never reads a byte of what comes through a socket.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Opened, OpenOrder } from './orders.ts';

process.on('disconnect', () => process.exit(0));
process.on('message', (order: OpenOrder) => {
  if (order.kind === 'tcp') openStream(order);
  else openDatagrams(order);
});

function openStream({ id, address, port }: OpenOrder): void {
  const server = createServer();
  // Whoever comes before the socket is handed over came uncalled: nobody was told the address yet.
  server.on('connection', (socket) => socket.destroy());
  server.once('error', (fault: NodeJS.ErrnoException) => tell({ id, fault: fault.code ?? 'UNKNOWN' }));
  server.listen({ host: address, port, backlog: 128 }, () => {
    process.send?.({ id, fault: null } satisfies Opened, server, {}, () => server.close());
  });
}

function openDatagrams({ id, address, port }: OpenOrder): void {
  const socket = createSocket('udp4');
  socket.once('error', (fault: NodeJS.ErrnoException) => tell({ id, fault: fault.code ?? 'UNKNOWN' }));
  socket.bind({ address, port, exclusive: true }, () => {
    process.send?.({ id, fault: null } satisfies Opened, socket, {}, () => socket.close());
  });
}

function tell(opened: Opened): void {
  process.send?.(opened);
}
