import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CgroupFigures, type CgroupPaths, parseCgroupPaths, processesIn, readCgroup } from './cgroup.ts';
import { findLeftovers, type Leftover } from './leftovers.ts';
import { startTime } from './owner.ts';

/** A container's first process and control groups, while both are surely its own. */
export interface LivingContainer {
  /** Of the tracer, as this host numbers it. */
  readonly firstPid: number;
  readonly groups: CgroupPaths;
}

/** What is noted while the container lives, because it cannot be asked afterwards. */
export interface LastLook {
  readonly figures: CgroupFigures;
  readonly leftovers: readonly Leftover[];
}

/** Finds the control groups of a container that was just started; undefined when they are not surely its own. */
export async function findLiving(id: string, pid: number): Promise<LivingContainer | undefined> {
  if (pid === 0) return undefined;
  const [text, mounts] = await Promise.all(
    [`/proc/${pid}/cgroup`, '/proc/self/mountinfo'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const groups = parseCgroupPaths(text ?? '', mounts ?? '');
  const own =
    groups !== undefined && [groups.memory, groups.pids, groups.cpu].every((path) => path.includes(id));
  return own ? { firstPid: pid, groups } : undefined;
}

/** How often a first process that is about to end is looked at. */
const END_LOOK_MS = 1;

/**
 * Waits until a container's first process has ended, and with it every other in there: the kernel ends them first
 * (pid_namespaces(7)). The engine hears of that tens of milliseconds later.
 */
export async function firstEnded({ firstPid }: LivingContainer, signal: AbortSignal): Promise<void> {
  const begun = startTime(firstPid);
  while (begun !== undefined && startTime(firstPid) === begun && !signal.aborted) await sleep(END_LOOK_MS);
}

/**
 * Reads leftovers and counters; undefined unless the first process was there before and after: else there is nothing
 * left to be read, or somebody else's. The keeper, by the container's number for it, is ours and not left over.
 */
export async function lastLook(
  living: LivingContainer | undefined,
  keeperPid: number,
): Promise<LastLook | undefined> {
  if (living === undefined) return undefined;
  const { groups, firstPid } = living;
  const leftovers = await findLeftovers(groups, { firstPid, keeperPid });
  const figures = await readCgroup(groups);
  return (await processesIn(groups)).includes(firstPid) ? { figures, leftovers } : undefined;
}
