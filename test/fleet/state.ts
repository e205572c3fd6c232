import { setTimeout as sleep } from 'node:timers/promises';
import { DrylaneError } from '@drylane/proto/errors';
import type Docker from 'dockerode';

const LOOK_MS = 500;

/** How one container of the fleet is. */
export interface ContainerState {
  readonly name: string;
  readonly service: string;
  readonly state: string;
  /** What its health check says; its state where it has none. */
  readonly health: string;
}

/** What containers of a fleet are found by. */
export const fleetLabel = (project: string) => ({ label: [`com.docker.compose.project=${project}`] });

/** All containers of a fleet, by name. */
export async function fleetState(docker: Docker, project: string): Promise<readonly ContainerState[]> {
  const containers = await docker.listContainers({ all: true, filters: fleetLabel(project) });
  return containers
    .map(({ Names, State, Status, Labels }) => ({
      name: (Names[0] ?? '').replace('/', ''),
      service: Labels['com.docker.compose.service'] ?? '',
      state: State,
      health: /\((?:health: )?([a-z]+)\)/.exec(Status)?.[1] ?? State,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Those that are not as they should be. */
function notReady(fleet: readonly ContainerState[]): readonly ContainerState[] {
  return fleet.filter(({ state, health }) => state !== 'running' || health !== 'healthy');
}

/** Waits until every container is healthy. @throws DrylaneError `unavailable` that names those that are not in time. */
export async function untilReady(docker: Docker, project: string, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const fleet = await fleetState(docker, project);
    const waiting = notReady(fleet);
    if (fleet.length > 0 && waiting.length === 0) return;
    if (performance.now() > until)
      throw new DrylaneError('unavailable', {
        field: 'fleet',
        message: `not ready in ${patienceMs / 1000} s: ${waiting.map(({ name, health }) => `${name} (${health})`).join(', ')}`,
        mend: `docker logs ${waiting[0]?.name ?? ''}`,
      });
    await sleep(LOOK_MS);
  }
}
