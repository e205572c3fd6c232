import { fstatSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';

/** Where log lines go. */
export interface LogSink {
  /** Takes a line; throws nothing, and waits for nobody. */
  write(line: string): void;
  /** Answers when all lines are out, or after so many milliseconds. */
  flush(ms: number): Promise<void>;
}

/** The most bytes of lines that wait for a reader; lines that come then are lost, and counted. */
export const MAX_WAITING = 4 * 1024 * 1024;

/**
 * Lines to an open file descriptor, such as 1. A reader that stalls stops neither the work nor the end of the process.
 * `lost` is told how many lines found no room, as soon as there is some again.
 */
export function fileSink(fd: number, lost: (lines: number) => void): LogSink {
  const place = fstatSync(fd);
  return place.isFIFO() || place.isSocket() ? pipeSink(fd, lost) : directSink(fd, lost);
}

// Through the event loop: a write in the thread pool that waits for its reader would keep the process from exiting.
function pipeSink(fd: number, lost: (lines: number) => void): LogSink {
  const pipe = new Socket({ fd, readable: false, writable: true });
  let dropped = 0;
  // The reader has gone: there is nobody to tell.
  pipe.on('error', () => {});
  pipe.on('drain', () => {
    const lines = dropped;
    dropped = 0;
    if (lines > 0) lost(lines);
  });
  return {
    write(line) {
      if (!pipe.writable) return;
      if (pipe.writableLength + Buffer.byteLength(line) > MAX_WAITING) dropped += 1;
      else pipe.write(line);
    },
    async flush(ms) {
      if (!pipe.writable || pipe.writableLength === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      // Called when all before it is written, or when the reader goes.
      pipe.write('', () => resolve());
      await promise;
      clearTimeout(timer);
    },
  };
}

function directSink(fd: number, lost: (lines: number) => void): LogSink {
  let dropped = 0;
  return {
    write(line) {
      try {
        writeFileSync(fd, line);
      } catch {
        // A full disk: the next line tries again.
        dropped += 1;
        return;
      }
      const lines = dropped;
      dropped = 0;
      if (lines > 0) lost(lines);
    },
    async flush() {},
  };
}
