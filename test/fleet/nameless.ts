import type Docker from 'dockerode';
import { fleetLabel } from './state.ts';

const NAMELESS = /^[0-9a-f]{64}$/;

/** The volumes without a name that containers of a fleet have: the engines and the states of its workers. */
export async function namelessVolumes(docker: Docker, project: string): Promise<readonly string[]> {
  const containers = await docker.listContainers({ all: true, filters: fleetLabel(project) });
  const names = containers.flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name ?? ''));
  return names.filter((name) => NAMELESS.test(name));
}

/**
 * Removes those of them that no container of the fleet has any more. Where compose made a container anew, it gave it the
 * old one's volumes by their names, and no longer takes them away with it.
 */
export async function removeLeft(docker: Docker, project: string, before: readonly string[]): Promise<void> {
  const [kept, { Volumes: volumes }] = await Promise.all([
    namelessVolumes(docker, project),
    docker.listVolumes(),
  ]);
  const there = new Set((volumes ?? []).map(({ Name }) => Name));
  const left = before.filter((name) => there.has(name) && !kept.includes(name));
  await Promise.all(left.map((name) => docker.getVolume(name).remove()));
}
