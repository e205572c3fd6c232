import { constants, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

/** The reading end of a FIFO, as bytes come, or at once. */
export interface FifoReader {
  /** Reads what is there by now, before anything else happens. */
  drain(): void;
  close(): void;
}

const DRAIN_BYTES = 65_536;
// Whoever writes without end must not keep us here.
const MAX_DRAINS = 1024;

/** Opens a FIFO for both ways, so that neither side ever blocks on opening and an end is never seen early. */
export function openFifo(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** Calls `onData` with the bytes of a FIFO, in their order. Closes the descriptor when it is closed. */
export function readFifo(fd: number, onData: (chunk: Buffer) => void, onError: () => void): FifoReader {
  const socket = new Socket({ fd, readable: true, writable: false });
  let closed = false;
  socket.on('data', (chunk: Buffer) => {
    if (!closed) onData(chunk);
  });
  socket.on('error', onError);
  return {
    drain() {
      if (closed) return;
      // No byte waits in between: a flowing stream hands on what it reads at once.
      for (let drains = 0; drains < MAX_DRAINS; drains++) {
        const chunk = readNow(fd);
        if (chunk === undefined) return;
        onData(chunk);
      }
    },
    close() {
      if (closed) return;
      closed = true;
      socket.destroy();
    },
  };
}

function readNow(fd: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(DRAIN_BYTES);
  try {
    const bytes = readSync(fd, buffer);
    return bytes === 0 ? undefined : buffer.subarray(0, bytes);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw cause;
  }
}
