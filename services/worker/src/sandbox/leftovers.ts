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
  let look = await lookAt(paths, own);
  for (const wait of GRACE_MS) {
    if (look.living.length === 0 && look.dead.size === 0) return [];
    await sleep(wait);
    const before = look.dead;
    look = await lookAt(paths, own);
    if (look.living.length === 0 && [...look.dead].every((pid) => before.has(pid))) return [];
  }
  return look.living.slice(0, MAX_LISTED);
}

interface Look {
  /** One that was gone when it was looked at counts: it may have handed on to a child of another number. */
  readonly living: readonly Leftover[];
  /** Dead and not yet taken away; a fresh one may have handed on as well. */
  readonly dead: ReadonlySet<number>;
}

async function lookAt(paths: CgroupPaths, { firstPid, keeperPid }: OwnProcesses): Promise<Look> {
  const pids = (await processesIn(paths)).filter((pid) => pid !== firstPid);
  const read = await Promise.all(pids.map(async (pid) => ({ pid, seen: await describe(pid) })));
  const living = read.flatMap(({ seen }) => (seen === 'dead' ? [] : [seen ?? { pid: 0, argv: [] }]));
  return {
    living: living.filter(({ pid }) => pid !== keeperPid),
    dead: new Set(read.filter(({ seen }) => seen === 'dead').map(({ pid }) => pid)),
  };
}

/** Undefined when it is not there any more. */
async function describe(pid: number): Promise<Leftover | 'dead' | undefined> {
  const [status, cmdline] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''),
    readFile(`/proc/${pid}/cmdline`).catch(() => Buffer.alloc(0)),
  ]);
  if (status === '') return undefined;
  if (!(await lives(pid, status))) return 'dead';
  // One number alone would mean a process of this host: whatever it is, its arguments are none of ours to show.
  const inner = /^NSpid:\s+\d+.*\s(\d+)$/m.exec(status)?.[1];
  if (inner === undefined) return { pid, argv: [] };
  const text = cmdline.subarray(0, MAX_ARGV_BYTES).toString('latin1');
  const argv = text.split('\0').filter((part, i, all) => part !== '' || i < all.length - 1);
  return { pid: Number(inner), argv: argv.map((a) => encodePath(Buffer.from(a, 'latin1'))) };
}

/** Whether any thread of a process runs: its first one may have ended before the others. */
async function lives(pid: number, status: string): Promise<boolean> {
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
