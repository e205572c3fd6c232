import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LABEL, OWNER_LABEL, SANDBOX_LABEL } from './container.ts';
import { type Engine, isNotFound } from './engine.ts';
import { unmountOverlay } from './overlay.ts';
import { mayBeAlive, parseOwner } from './owner.ts';
import { removeTree } from './remove-tree.ts';

/** What a reaper took away. */
export interface Reaped {
  readonly containers: number;
  readonly volumes: number;
  readonly directories: number;
}

/**
 * Removes what processes that are gone have left: their containers, volumes, mounts and directories. What
 * belongs to a process that may still live, here or behind another PID namespace, is not touched; unless this process has
 * the state directory `alone` and nothing of its own yet: then whatever stands in it is of the dead, wherever they lived.
 */
export async function reap(
  engine: Engine,
  stateDir: string,
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<Reaped> {
  const root = join(stateDir, 'sandboxes');
  const standing = new Set<string | undefined>(alone ? await readdir(root).catch(() => []) : []);
  const isLost = (labels: Readonly<Record<string, string>>): boolean =>
    isOrphan(labels[OWNER_LABEL]) || standing.has(labels[SANDBOX_LABEL]);
  const filters = { label: [LABEL] };
  const listed = await engine.listContainers({ all: true, filters });
  const orphans = listed.filter(({ Labels }) => isLost(Labels));
  for (const { Id } of orphans) await gone(engine.getContainer(Id).remove({ force: true, v: true }));

  const { Volumes: volumes } = await engine.listVolumes({ filters: JSON.stringify(filters) });
  const lost = (volumes ?? []).filter(({ Labels }) => isLost(Labels ?? {}));
  for (const { Name } of lost) await gone(engine.getVolume(Name).remove({ force: true }));

  return {
    containers: orphans.length,
    volumes: lost.length,
    directories: await reapDirectories(root, standing),
  };
}

async function reapDirectories(root: string, standing: ReadonlySet<string | undefined>): Promise<number> {
  const names = await readdir(root).catch(() => []);
  const orphans = names.filter((name) => isOrphan(name.split('_')[0]) || standing.has(name));
  for (const name of orphans) {
    const directory = join(root, name);
    await unmountOverlay(directory);
    await removeTree(directory);
  }
  return orphans.length;
}

function isOrphan(ownerText: string | undefined): boolean {
  const owner = parseOwner(ownerText ?? '');
  return owner !== undefined && !mayBeAlive(owner);
}

/** Another reaper may have been first, or be at it. */
async function gone(removal: Promise<unknown>): Promise<void> {
  await removal.catch((cause: unknown) => {
    const { statusCode } = cause as { statusCode?: number };
    if (!isNotFound(cause) && statusCode !== 409) throw cause;
  });
}
