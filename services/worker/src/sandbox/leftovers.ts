import { readdir, readFile } from 'node:fs/promises';
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

/** The processes of ours in a container: the first one by this host's number, the keeper by the container's. */
export interface OwnProcesses {
  readonly firstPid: number;
  readonly keeperPid: number;
}

/** The processes, other than ours, that are still there when the command's shell has ended. */
export async function findLeftovers(paths: CgroupPaths, own: OwnProcesses): Promise<Leftover[]> {
  let found = await living(paths, own);
  for (const wait of GRACE_MS) {
    if (found.length === 0) return [];
    await sleep(wait);
    found = await living(paths, own);
  }
  return found;
}

async function living(paths: CgroupPaths, { firstPid, keeperPid }: OwnProcesses): Promise<Leftover[]> {
  const pids = (await processesIn(paths)).filter((pid) => pid !== firstPid);
  const read = await Promise.all(pids.map(describe));
  return read
    .filter((p) => p !== undefined)
    .filter(({ pid }) => pid !== keeperPid)
    .slice(0, MAX_LISTED);
}

async function describe(pid: number): Promise<Leftover | undefined> {
  const [status, cmdline] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''),
    readFile(`/proc/${pid}/cmdline`).catch(() => Buffer.alloc(0)),
  ]);
  if (!(await lives(pid, status))) return undefined;
  // One number alone would mean a process of this host: whatever it is, its arguments are none of ours to show.
  const inner = /^NSpid:\s+\d+.*\s(\d+)$/m.exec(status)?.[1];
  if (inner === undefined) return { pid, argv: [] };
  const text = cmdline.subarray(0, MAX_ARGV_BYTES).toString('latin1');
  const argv = text.split('\0').filter((part, i, all) => part !== '' || i < all.length - 1);
  return { pid: Number(inner), argv: argv.map((a) => encodePath(Buffer.from(a, 'latin1'))) };
}

/** Whether any thread of a process runs: its first one may have ended before the others. */
async function lives(pid: number, status: string): Promise<boolean> {
  if (hasEnded(status) === undefined) return false;
  if (!hasEnded(status)) return true;
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = threads.map((thread) =>
    readFile(`/proc/${pid}/task/${thread}/status`, 'latin1').catch(() => ''),
  );
  return (await Promise.all(states)).some((text) => hasEnded(text) === false);
}

function hasEnded(status: string): boolean | undefined {
  const state = /^State:\s+(\S)/m.exec(status)?.[1];
  return state === undefined ? undefined : state === 'Z' || state === 'X';
}
