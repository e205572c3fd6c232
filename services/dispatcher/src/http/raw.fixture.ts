import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection on which a client says what it likes; what came back is answered when it is closed. */
export function rawTo(
  port: number,
  text: string,
): { readonly socket: Socket; readonly closed: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('data', (part) => parts.push(part)).on('error', () => undefined);
  socket.on('close', () => resolve(Buffer.concat(parts).toString()));
  socket.write(text);
  return { socket, closed: promise };
}

/** What some work answers; it throws where that takes longer. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = sleep(ms, undefined, { ref: false }).then(() => {
    throw new Error(`took more than ${ms} ms`);
  });
  return Promise.race([work, late]);
}
