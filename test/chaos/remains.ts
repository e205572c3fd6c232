import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '@drylane/worker/sandbox/engine';

/** What rehearsals left behind that should have left nothing. */
export interface Remains {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly mounts: readonly string[];
  readonly directories: readonly string[];
}

export const NOTHING: Remains = { containers: [], volumes: [], mounts: [], directories: [] };

/** Everything of a state directory's rehearsals that is in the engine, in the mount table, or in itself. */
export async function remains(engine: Engine, state: string): Promise<Remains> {
  const filters = { label: ['drylane'] };
  const containers = await engine.listContainers({ all: true, filters });
  const { Volumes } = await engine.listVolumes({ filters: JSON.stringify(filters) });
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(`${state}/`));
  return {
    // Others may be rehearsing on this machine meanwhile.
    containers: containers
      .filter((c) => c.Mounts.some(({ Source }) => Source.startsWith(`${state}/`)))
      .map((c) => c.Id),
    volumes: (Volumes ?? [])
      .filter((v) => JSON.stringify(v.Options).includes(`${state}/`))
      .map((v) => v.Name),
    mounts,
    directories: await readdir(join(state, 'sandboxes')).catch(() => []),
  };
}
