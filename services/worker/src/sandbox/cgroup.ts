import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path/posix';

/** What the kernel counted for a container; null where this machine does not tell. */
export interface CgroupFigures {
  readonly cpuMs: number | null;
  readonly memoryPeakBytes: number | null;
  readonly processesPeak: number | null;
  readonly oomKills: number;
  readonly pidsRefused: number;
}

/** The directories of a container's control groups, by controller; cgroup v2 has one for all. */
export interface CgroupPaths {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly pids: string;
  readonly cpu: string;
}

/** A cgroup file system as it is mounted here; in a container, `root` is often the container's own group. */
interface CgroupMount {
  readonly root: string;
  readonly point: string;
  /** Version 1: the controllers; version 2: the empty name, as in /proc/PID/cgroup. */
  readonly controllers: readonly string[];
}

/**
 * Finds the control groups of a process from /proc/PID/cgroup (cgroups(7)) and where this process sees them mounted
 * (/proc/self/mountinfo, proc(5)). Nothing for groups that are not in view from here.
 */
export function parseCgroupPaths(procCgroup: string, mountinfo: string): CgroupPaths | undefined {
  const mounts = parseMounts(mountinfo);
  const paths = new Map<string, string>();
  for (const line of procCgroup.split('\n')) {
    const [id, controllers, ...path] = line.split(':');
    if (id === undefined || controllers === undefined) continue;
    for (const name of controllers.split(',')) {
      const directory = inView(mounts, name, path.join(':'));
      if (directory !== undefined) paths.set(name, directory);
    }
  }
  const [memory, pids, cpu] = [paths.get('memory'), paths.get('pids'), paths.get('cpuacct')];
  if (memory !== undefined && pids !== undefined && cpu !== undefined)
    return { version: 1, memory, pids, cpu };
  const unified = paths.get('');
  return unified === undefined ? undefined : { version: 2, memory: unified, pids: unified, cpu: unified };
}

function inView(mounts: readonly CgroupMount[], controller: string, path: string): string | undefined {
  for (const { root, point, controllers } of mounts) {
    const below = relative(root, path);
    if (controllers.includes(controller) && below !== '..' && !below.startsWith('../'))
      return join(point, below);
  }
  return undefined;
}

function parseMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line): CgroupMount[] => {
    const [mount, fileSystem] = line.split(' - ');
    const [, , , root, point] = mount?.split(' ') ?? [];
    const [type, , options] = fileSystem?.split(' ') ?? [];
    if (root === undefined || point === undefined) return [];
    if (type === 'cgroup2') return [{ root, point, controllers: [''] }];
    return type === 'cgroup' ? [{ root, point, controllers: options?.split(',') ?? [] }] : [];
  });
}

/** Reads the figures while the container still runs; its groups vanish with its last process. */
export async function readCgroup(paths: CgroupPaths): Promise<CgroupFigures> {
  const v1 = paths.version === 1;
  const [cpu, memory, oom, refused, peak] = await Promise.all([
    v1 ? number(join(paths.cpu, 'cpuacct.usage')) : keyed(join(paths.cpu, 'cpu.stat'), 'usage_usec'),
    number(join(paths.memory, v1 ? 'memory.max_usage_in_bytes' : 'memory.peak')),
    keyed(join(paths.memory, v1 ? 'memory.oom_control' : 'memory.events'), 'oom_kill'),
    keyed(join(paths.pids, 'pids.events'), 'max'),
    number(join(paths.pids, 'pids.peak')),
  ]);
  return {
    cpuMs: cpu === null ? null : cpu / (v1 ? 1e6 : 1e3),
    memoryPeakBytes: memory,
    processesPeak: peak,
    oomKills: oom ?? 0,
    pidsRefused: refused ?? 0,
  };
}

/** The processes in the container's control group, as this host numbers them. */
export async function processesIn(paths: CgroupPaths): Promise<number[]> {
  const text = await readFile(join(paths.pids, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

async function number(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d+\s*$/.test(text) ? Number(text) : null;
}

async function keyed(file: string, key: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = text.split('\n').find((l) => l.startsWith(`${key} `));
  return line === undefined ? null : Number(line.slice(key.length + 1));
}
