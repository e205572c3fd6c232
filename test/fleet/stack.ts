import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type { Machine } from '../machine/ready.ts';
import { projectOf, type RunCompose } from './compose.ts';
import { FLEET_IMAGES, type FleetImage, provideFleetImages } from './images.ts';
import { namelessVolumes, removeLeft } from './nameless.ts';
import { makeSecrets } from './secrets.ts';

/** Where the secrets of a fleet are, as docker-compose.yml has it. */
export const secretsOf = ({ repository, env }: Machine): string =>
  env.DRYLANE_FLEET_SECRETS || join(repository, '.fleet');

/**
 * Makes what the fleet of docker-compose.yml needs, and brings it up; answers when all of it has started. The environment
 * names the fleet, and says what it is like.
 * @throws DrylaneError `unavailable` when compose could not do it.
 */
export async function bringUp(machine: Machine, compose: RunCompose): Promise<void> {
  await provideFleetImages(machine, Object.keys(FLEET_IMAGES) as FleetImage[]);
  const secrets = secretsOf(machine);
  const made = await makeSecrets(secrets, process.getuid?.() === 0);
  if (made.length > 0) machine.say.line(`made in ${secrets}: ${made.join(', ')}`);
  const { docker, env } = machine;
  const before = await namelessVolumes(docker, projectOf(env));
  if ((await compose('up', '--detach', '--remove-orphans')) !== 0) throw notDone('was not brought up');
  await removeLeft(docker, projectOf(env), before);
}

/** Ends the fleet and takes its containers and networks away, and with them the volumes that have a name if that is asked. */
export async function takeDown(
  { docker, env }: Machine,
  compose: RunCompose,
  volumes: boolean,
): Promise<void> {
  // With the volumes that have no name: each is a worker's own, and goes with it.
  const before = await namelessVolumes(docker, projectOf(env));
  const removed = await compose('rm', '--stop', '--force', '-v');
  const gone = await compose('down', '--remove-orphans', ...(volumes ? ['--volumes'] : []));
  if (removed !== 0 || gone !== 0) throw notDone('was not taken down');
  await removeLeft(docker, projectOf(env), before);
}

function notDone(message: string): DrylaneError {
  return new DrylaneError('unavailable', {
    field: 'fleet',
    message: `the fleet ${message}`,
    mend: 'see what compose wrote',
  });
}
