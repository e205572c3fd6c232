import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';

const ROOT = '/sys/fs/cgroup';

/** What makes this container's control groups usable by an engine in it, in order. */
export type GroupStep =
  | { readonly kind: 'writable'; readonly mount: string }
  /** Version 2: a group with processes in it cannot be divided, so they move into one below. */
  | { readonly kind: 'divide'; readonly mount: string };

/**
 * Decides by /proc/self/mountinfo. A container engine mounts a container's own groups read-only; groups made below them
 * stay within the container's limits, whatever is set for them.
 */
export function planGroups(mountinfo: string): readonly GroupStep[] {
  return mountinfo.split('\n').flatMap((line): GroupStep[] => {
    const [before, after] = line.split(' - ');
    const [, , , , mount, options] = before?.split(' ') ?? [];
    const type = after?.split(' ')[0];
    if (mount === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    const writable: GroupStep[] = options?.split(',').includes('ro') ? [{ kind: 'writable', mount }] : [];
    // Beside groups of version 1, those of version 2 have no controllers.
    return type === 'cgroup2' && mount === ROOT ? [...writable, { kind: 'divide', mount }] : writable;
  });
}

/** Takes the steps. @throws DrylaneError `machine-unfit` when the container lacks the right to. */
export async function prepareGroups(steps: readonly GroupStep[]): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'writable') await makeWritable(step.mount);
    else await divide(step.mount);
  }
}

async function makeWritable(mount: string): Promise<void> {
  const child = spawn('mount', ['-o', 'remount,bind,rw', '--', mount], { stdio: 'ignore' });
  const [status] = await once(child, 'close');
  if (status === 0) return;
  throw new DrylaneError('machine-unfit', {
    field: mount,
    message: 'the control groups cannot be made writable, so no engine can run in this container',
    mend: 'start it with the capabilities and security options of docker-compose.yml',
  });
}

/** Moves every process into a group of its own and hands all controllers on to the groups beside it. */
export async function divide(mount: string): Promise<void> {
  const own = join(mount, 'worker');
  await mkdir(own, { recursive: true });
  const processes = (await readFile(join(mount, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean);
  // One may have ended meanwhile.
  for (const pid of processes) await writeFile(join(own, 'cgroup.procs'), pid).catch(() => undefined);
  const controllers = (await readFile(join(mount, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  const wanted = controllers.filter(Boolean).map((name) => `+${name}`);
  await writeFile(join(mount, 'cgroup.subtree_control'), wanted.join(' '));
}
