import type { Socket } from 'node:net';
import { type Destination, dial, type Resolve } from './dial.ts';
import { join } from './pipe.ts';
import { type Meant, newTally, type Reached } from './tally.ts';

/** What one run is given at most. */
export interface TrafficLimits {
  /** Connections at once. */
  readonly connections: number;
  readonly connectMs: number;
  /** How long a connection may be silent. */
  readonly idleMs: number;
}

/** All connections that go through a gate. */
export interface Traffic {
  /** Takes the command's end of a connection, and carries it to where it leads or breaks it off. */
  lead(inside: Socket, meant: Meant, destination: Destination): void;
  reached(): readonly Reached[];
  /** Breaks off every connection. */
  close(): Promise<void>;
}

/** Nobody comes through yet. */
export function noTraffic(resolve: Resolve, limits: TrafficLimits): Traffic {
  const tally = newTally();
  const sockets = new Set<Socket>();
  let visitors = 0;
  let closed = false;
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const carry = async (inside: Socket, meant: Meant, destination: Destination): Promise<void> => {
    const dialled = await dial(destination, { resolve, timeoutMs: limits.connectMs });
    const count = tally.note(meant, dialled.outcome, dialled.to);
    if (dialled.outcome !== 'connected') return void inside.resetAndDestroy();
    const { outside } = dialled;
    hold(outside);
    outside.on('close', () => count(inside.bytesRead, outside.bytesRead));
    if (closed || inside.destroyed) return void outside.destroy();
    join({ inside, outside }, limits.idleMs);
  };
  return {
    lead(inside, meant, destination) {
      hold(inside);
      if (closed) return void inside.destroy();
      if (visitors >= limits.connections) {
        tally.note(meant, 'crowded', null);
        return void inside.resetAndDestroy();
      }
      visitors += 1;
      inside.on('close', () => {
        visitors -= 1;
      });
      carry(inside, meant, destination).catch(() => inside.destroy());
    },
    reached: () => tally.all(),
    async close() {
      closed = true;
      const ends = [...sockets].map(
        (socket) => new Promise<void>((ended) => socket.once('close', () => ended())),
      );
      for (const socket of sockets) socket.destroy();
      await Promise.all(ends);
    },
  };
}
