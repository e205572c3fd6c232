import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePath } from '@drylane/proto/paths';
import { type CgroupPaths, processesIn } from './cgroup.ts';

/** A process that outlived its command; `pid` is the container's own number for it. */
export interface Leftover {
  readonly pid: number;
  readonly argv: readonly string[];
}

// A pipeline's last writers end a moment after their shell; only what stays longer is left over.
const GRACE_MS = [5, 15, 30, 50];
const MAX_LISTED = 64;
const MAX_ARGV_BYTES = 4096;

/** The processes, other than the runner, that are still there when the command's shell has ended. */
export async function findLeftovers(paths: CgroupPaths, runnerPid: number): Promise<Leftover[]> {
  let found = await living(paths, runnerPid);
  for (const wait of GRACE_MS) {
    if (found.length === 0) return [];
    await sleep(wait);
    found = await living(paths, runnerPid);
  }
  return found;
}

async function living(paths: CgroupPaths, runnerPid: number): Promise<Leftover[]> {
  const pids = (await processesIn(paths)).filter((pid) => pid !== runnerPid);
  const read = await Promise.all(pids.slice(0, MAX_LISTED).map(describe));
  return read.filter((p) => p !== undefined);
}

async function describe(pid: number): Promise<Leftover | undefined> {
  const [status, cmdline] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''),
    readFile(`/proc/${pid}/cmdline`).catch(() => Buffer.alloc(0)),
  ]);
  const state = /^State:\s+(\S)/m.exec(status)?.[1];
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  const inner = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1];
  const text = cmdline.subarray(0, MAX_ARGV_BYTES).toString('latin1');
  const argv = text.split('\0').filter((part, i, all) => part !== '' || i < all.length - 1);
  return { pid: Number(inner ?? pid), argv: argv.map((a) => encodePath(Buffer.from(a, 'latin1'))) };
}
