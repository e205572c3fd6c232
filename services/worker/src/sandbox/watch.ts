import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { bytesBelow } from './usage.ts';
import type { GivenWorkspace } from './workspace.ts';

const KILL_AGAIN_MS = 1_000;
const BEFORE_KILL_MS = 250;
// A longer timer would fire at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Why a container was ended from outside: its time, its disk, processes that outlived the command, a tracer that does
 * not end, forged control lines, something that a live run needs and that could not be given to it, or whoever asked
 * for it wants it no more.
 */
export type StopReason = 'timeout' | 'disk' | 'leftovers' | 'tracer' | 'tampered' | 'unready' | 'unwanted';

/** Ends a container from outside, once, and remembers why. */
export interface Stopper {
  readonly reason: StopReason | null;
  now(why: StopReason): void;
  after(ms: number, why: StopReason): void;
  /** Forgets every timer. */
  rest(): void;
}

/** `before` is given a moment before the first kill, for what cannot be asked afterwards. */
export function stopper(container: Docker.Container, before: () => Promise<void>): Stopper {
  let reason: StopReason | null = null;
  const timers: NodeJS.Timeout[] = [];
  let resting = false;
  const kill = (): void => {
    // The end was seen while we waited.
    if (resting) return;
    // Not running any more is as good as killed; a kill that was lost is sent again until the end is seen.
    container.kill({ signal: 'SIGKILL' }).catch(() => undefined);
    timers.push(setTimeout(kill, KILL_AGAIN_MS));
  };
  const now = (why: StopReason): void => {
    if (reason !== null) return;
    reason = why;
    const moment = sleep(BEFORE_KILL_MS, undefined, { ref: false });
    void Promise.race([before().catch(() => undefined), moment]).then(kill);
  };
  return {
    get reason() {
      return reason;
    },
    now,
    after(ms, why) {
      if (!resting) timers.push(setTimeout(now, Math.min(ms, MAX_TIMER_MS), why));
    },
    rest() {
      resting = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

const DISK_LOOK_MS = 200;

/** Looks now and then at how much was written: a disk that was full once was full. */
export interface DiskWatch {
  readonly bytes: number;
  readonly full: boolean;
  look(): Promise<void>;
  /** Counts what is written below another directory too, by itself; one that may not be read counts nothing. */
  alsoBelow(directory: string | undefined): void;
  /** Looks whether a file system of the container is full too; one that may not be looked at is not. */
  alsoFull(mounted: string): void;
  /** Takes a last look and stops looking. */
  end(): Promise<void>;
}

export function watchDisk(given: GivenWorkspace, limitBytes: number, stop: Stopper): DiskWatch {
  const over = new AbortController();
  let full = false;
  let bytes = 0;
  const others: string[] = [];
  const scratch: string[] = [];
  const look = async (): Promise<void> => {
    const usage = await given.usage();
    bytes = usage.bytes;
    full ||= usage.full;
    // Where nothing else holds the limit, we do.
    if (usage.full && !given.hardLimit) stop.now('disk');
    for (const mounted of scratch) full ||= await isFull(mounted);
    for (const directory of others)
      if ((await bytesBelow(directory, limitBytes)) > limitBytes) {
        full = true;
        stop.now('disk');
      }
  };
  const looking = (async () => {
    while (!over.signal.aborted) {
      await look().catch(() => undefined);
      await sleep(DISK_LOOK_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return {
    get bytes() {
      return bytes;
    },
    get full() {
      return full;
    },
    look,
    alsoBelow(directory) {
      if (directory !== undefined) others.push(directory);
    },
    alsoFull(mounted) {
      scratch.push(mounted);
    },
    async end() {
      over.abort();
      await looking;
      await look();
    },
  };
}

async function isFull(mounted: string): Promise<boolean> {
  const space = await statfs(mounted).catch(() => undefined);
  return space !== undefined && (space.bavail === 0 || space.ffree === 0);
}
