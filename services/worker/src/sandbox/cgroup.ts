import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

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

const ROOT = '/sys/fs/cgroup';

/** Finds the control groups of a process from /proc/PID/cgroup (cgroups(7)). */
export function parseCgroupPaths(procCgroup: string): CgroupPaths | undefined {
  const byController = new Map<string, string>();
  for (const line of procCgroup.split('\n')) {
    const [id, controllers, ...path] = line.split(':');
    if (id === undefined || controllers === undefined) continue;
    for (const name of controllers.split(',')) byController.set(name, path.join(':'));
  }
  const v1 = (controller: string): string | undefined => {
    const path = byController.get(controller);
    return path === undefined ? undefined : join(ROOT, controller, path);
  };
  const memory = v1('memory');
  const pids = v1('pids');
  const cpu = v1('cpuacct');
  if (memory !== undefined && pids !== undefined && cpu !== undefined)
    return { version: 1, memory, pids, cpu };
  const unified = byController.get('');
  if (unified === undefined) return undefined;
  const path = join(ROOT, unified);
  return { version: 2, memory: path, pids: path, cpu: path };
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
