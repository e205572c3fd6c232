import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';

/** Where the control directory stands in the container. */
export const CONTROL_MOUNT = '/.drylane/control';
export const EVENTS_FIFO = `${CONTROL_MOUNT}/events`;
export const ACK_FIFO = `${CONTROL_MOUNT}/ack`;

// A marker is a few numbers; whoever writes more is not our shell.
const MAX_LINE = 64 * 1024;
const MAX_LINES = 100_000;

/**
 * The line between a rehearsal's runner and us: two FIFOs in a directory that the container has read-only.
 * The command can write to them as well, so whatever comes is a claim, to be checked against the container's end.
 */
export interface ControlChannel {
  readonly directory: string;
  /**
   * Calls `onLine` for each line, one after another, and answers those for which it resolves to true. Calls
   * `onFlood` when more comes than a runner writes; nothing is read after that.
   */
  listen(onLine: (line: string, atMs: number) => Promise<boolean>, onFlood: () => void): void;
  /** Resolves when every line read so far has been handled. */
  settled(): Promise<void>;
  close(): void;
}

/** Makes the control directory with its FIFOs and the runner in it. */
export async function openControl(directory: string): Promise<ControlChannel> {
  await mkdir(directory, { mode: 0o755 });
  const runner = join(import.meta.dirname, 'runner.sh');
  await Promise.all([copyFile(runner, join(directory, 'runner')), makeFifos(directory)]);
  // Held open for both ways, so that neither side ever blocks on opening and the end is never seen early.
  const events = openSync(join(directory, 'events'), constants.O_RDWR | constants.O_NONBLOCK);
  const ack = openSync(join(directory, 'ack'), constants.O_RDWR | constants.O_NONBLOCK);
  return channel(directory, events, ack);
}

async function makeFifos(directory: string): Promise<void> {
  // 0666: the command's shell writes the markers, and it may run as any user.
  const child = spawn('mkfifo', ['-m', '666', 'events', 'ack'], { cwd: directory, stdio: 'ignore' });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0)
    throw new DrylaneError('machine-unfit', {
      field: directory,
      message: 'a FIFO cannot be made here',
      mend: 'put the state directory on a local file system: --state DIR',
    });
}

function channel(directory: string, events: number, ack: number): ControlChannel {
  const socket = new Socket({ fd: events, readable: true, writable: false });
  let tail: Promise<void> = Promise.resolve();
  let partial = '';
  let lines = 0;
  let closed = false;
  return {
    directory,
    listen(onLine, onFlood) {
      let over = false;
      const flood = (): void => {
        over = true;
        socket.pause();
        onFlood();
      };
      // An answer that does not fit means that nobody reads them: only a flood of forged lines does that.
      const answer = (waits: boolean): void => {
        if (waits && !closed) writeSync(ack, '\n');
      };
      socket.on('error', flood);
      socket.on('data', (chunk: Buffer) => {
        const atMs = performance.now();
        partial += chunk.toString('latin1');
        const complete = partial.split('\n');
        partial = complete.pop() ?? '';
        lines += complete.length;
        if (partial.length > MAX_LINE || lines > MAX_LINES) flood();
        else
          for (const line of complete)
            tail = tail
              .then(() => (over ? false : onLine(line, atMs)))
              .then(answer)
              .catch(flood);
      });
    },
    settled: () => tail,
    close() {
      if (closed) return;
      closed = true;
      socket.destroy();
      closeSync(ack);
    },
  };
}
