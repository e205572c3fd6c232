import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { kindOf } from '../../fleet-journey/plan.ts';

/** What each part of a fleet has in memory, in MiB: of several processes of one kind, the one that has the most. */
export type Memory = ReadonlyMap<string, number>;

/** Looks at every process of a fleet; what the processes of PostgreSQL share is counted once. */
export async function memoryOf({ processes, redis, database }: Fleet): Promise<Memory> {
  const memory = new Map<string, number>();
  for (const [name, { pid }] of processes) {
    const kind = kindOf(name);
    // One that has ended has none.
    memory.set(kind, Math.max(memory.get(kind) ?? 0, await sizeOf(pid, 'Rss')));
  }
  const said = await redis.ask((client) => client.info('memory'));
  memory.set('redis', Number(/^used_memory_rss:(\d+)/m.exec(said)?.[1]) / 2 ** 20);
  const servers = await familyOf(await serverOf(database));
  const sizes = await Promise.all(servers.map((pid) => sizeOf(pid, 'Pss')));
  memory.set(
    'postgres',
    sizes.reduce((sum, size) => sum + size, 0),
  );
  return memory;
}

/** A process's memory in MiB: all that is resident, or its part of it, which is an nth of what n processes share. */
async function sizeOf(pid: number, which: 'Rss' | 'Pss'): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(new RegExp(`^${which}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) / 1024;
}

/** The process of the PostgreSQL server whose socket is in the directory that the address names. */
async function serverOf(database: string): Promise<number> {
  const directory = new URL(database).searchParams.get('host') ?? '';
  const [pid = ''] = (await readFile(join(directory, 'data/postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

/** A process and its children. */
async function familyOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(parentOf));
  return [parent, ...pids.filter((_, index) => parents[index] === parent)];
}

/** The parent of a process; it stands behind the program's name, which may hold anything. */
async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
