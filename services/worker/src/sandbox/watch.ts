import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { GivenWorkspace } from './workspace.ts';

/** Why a container was ended from outside: its time, its disk, a runner that does not end, forged control lines. */
export type StopReason = 'timeout' | 'disk' | 'runner' | 'tampered';

/** Ends a container from outside, once, and remembers why. */
export interface Stopper {
  readonly reason: StopReason | null;
  now(why: StopReason): void;
  after(ms: number, why: StopReason): void;
  /** Forgets every timer. */
  rest(): void;
}

export function stopper(container: Docker.Container): Stopper {
  let reason: StopReason | null = null;
  const timers: NodeJS.Timeout[] = [];
  const now = (why: StopReason): void => {
    if (reason !== null) return;
    reason = why;
    // Not running any more is as good as killed; any other fault shows when its end is waited for.
    container.kill({ signal: 'SIGKILL' }).catch(() => undefined);
  };
  return {
    get reason() {
      return reason;
    },
    now,
    after(ms, why) {
      timers.push(setTimeout(now, ms, why));
    },
    rest() {
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
  /** Takes a last look and stops looking. */
  end(): Promise<void>;
}

export function watchDisk(given: GivenWorkspace, stop: Stopper): DiskWatch {
  const over = new AbortController();
  let full = false;
  let bytes = 0;
  const look = async (): Promise<void> => {
    const usage = await given.usage();
    bytes = usage.bytes;
    full ||= usage.full;
    // Where nothing else holds the limit, we do.
    if (usage.full && !given.hardLimit) stop.now('disk');
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
    async end() {
      over.abort();
      await looking;
      await look();
    },
  };
}
