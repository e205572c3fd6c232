import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { hashTree } from '../demo/tree.ts';
import type { Place } from './ground.ts';

/** Files of the host that a hostile command would like to change; one that is not there must stay so. */
const WATCHED = [
  '/etc/passwd',
  '/etc/shadow',
  '/etc/group',
  '/etc/hosts',
  '/etc/crontab',
  '/etc/ld.so.preload',
  '/root/.ssh/authorized_keys',
  '/usr/sbin/runc',
  '/usr/bin/runc',
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/hostname',
  '/proc/sys/kernel/modprobe',
  '/proc/sys/kernel/yama/ptrace_scope',
  '/proc/sys/vm/overcommit_memory',
] as const;

const CONTROL_GROUPS = '/sys/fs/cgroup';

/** The host as a rehearsal must leave it: a digest or the content of each thing that it must not change. */
export async function hostState({ root, site, state }: Place): Promise<Record<string, string>> {
  const groups = await readdir(CONTROL_GROUPS).catch(() => []);
  const agents = groups.map((group) => join(CONTROL_GROUPS, group, 'release_agent'));
  const files = await Promise.all(
    [...WATCHED, ...agents].map(async (path) => [path, await digestOf(path)] as const),
  );
  const modules = (await readFile('/proc/modules', 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(' ')[0])
    .sort();
  return {
    ...Object.fromEntries(files),
    modules: modules.join(' '),
    workspace: await hashTree(site),
    beside: await hashTree(join(root, 'outside')),
    toolkit: await toolkitDigest(state),
  };
}

async function digestOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes === undefined ? 'absent' : createHash('sha256').update(bytes).digest('hex');
}

/** What every rehearsal of a state directory trusts; whoever could change it would own the next one. */
async function toolkitDigest(state: string): Promise<string> {
  const names = (await readdir(state)).filter((name) => name.startsWith('toolkit')).sort();
  const digests = await Promise.all(names.map((name) => hashTree(join(state, name))));
  return names.map((name, i) => `${name} ${digests[i]}`).join(' ');
}

/** What rehearsals of a place have left in the engine, in the mount table and in its state directory. */
export async function leftBehind({ root, state }: Place) {
  const engine = await connectEngine();
  const containers = await engine.listContainers({ all: true, filters: { label: ['drylane'] } });
  const ours = containers.filter(({ Mounts }) => Mounts.some(({ Source }) => Source?.startsWith(`${root}/`)));
  const { Volumes } = await engine.listVolumes({ filters: JSON.stringify({ label: ['drylane'] }) });
  const volumes = (Volumes ?? []).filter(({ Options }) => JSON.stringify(Options ?? {}).includes(`${root}/`));
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((l) => l.includes(root));
  return {
    containers: ours.map(({ Id }) => Id),
    volumes: volumes.map(({ Name }) => Name),
    mounts,
    directories: await readdir(join(state, 'sandboxes')).catch(() => []),
  };
}

export const NOTHING_LEFT = { containers: [], volumes: [], mounts: [], directories: [] } as const;

/** Command lines of the host's processes that hold a text; containers' processes are among the host's. */
export async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
}
