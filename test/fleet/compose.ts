import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { type Environment, exitOf, findProgram, systemEnvironment } from '../machine/command.ts';
import { machineFacts } from '../machine/engine.ts';
import { installPackages } from '../machine/install.ts';
import type { Machine } from '../machine/ready.ts';

/** The name that the fleet's containers, networks and volumes begin with; compose's own variable says another. */
export const projectOf = (env: Environment): string => env.COMPOSE_PROJECT_NAME || 'drylane';

/** A way to call compose: version 2 is a part of Docker's command line, version 1 a program. */
type Compose = readonly [program: string, ...words: string[]];

/** Runs compose to its end with these arguments; answers its exit status. */
export type RunCompose = (...args: readonly string[]) => Promise<number>;

/**
 * Finds compose, or installs Debian's where that can be done, to run it on the fleet of a checkout. What it writes goes
 * where ours does, or to a log.
 * @throws DrylaneError `machine-unfit` that says what to type.
 */
export async function provideCompose(machine: Machine, log: string | null = null): Promise<RunCompose> {
  const compose = await provideProgram(machine);
  return (...args) => run(compose, args, machine, log);
}

async function provideProgram(machine: Machine): Promise<Compose> {
  const found = await findCompose(machine);
  if (found !== undefined) return found;
  const { root, systems } = await machineFacts(machine.docker, machine.dockerHost);
  const debian = systems.has('debian') || systems.has('ubuntu');
  if (root && debian) {
    const to = { env: systemEnvironment(machine.env), log: join(machine.places.logs, 'install.log') };
    await machine.say.during('installing docker-compose', () => installPackages(['docker-compose'], to));
  }
  const installed = await findCompose(machine);
  if (installed !== undefined) return installed;
  throw new DrylaneError('machine-unfit', {
    field: 'compose',
    message: 'docker-compose is not installed',
    mend: debian
      ? 'sudo apt-get install -y docker-compose'
      : 'xdg-open https://docs.docker.com/compose/install/',
  });
}

async function findCompose({ env, places }: Machine): Promise<Compose | undefined> {
  const docker = await findProgram('docker');
  const log = join(places.logs, 'compose.log');
  const asked = { args: ['compose', 'version'], env: systemEnvironment(env), log };
  if (docker !== null && (await exitOf({ program: docker, ...asked })) === 0) return [docker, 'compose'];
  const standalone = await findProgram('docker-compose');
  return standalone === null ? undefined : [standalone];
}

async function run(
  [program, ...words]: Compose,
  args: readonly string[],
  { repository, env }: Machine,
  log: string | null,
): Promise<number> {
  const file = log === null ? null : await open(log, 'a', 0o644);
  const output = file?.fd ?? 'inherit';
  try {
    const child = spawn(program, [...words, '--project-name', projectOf(env), ...args], {
      cwd: repository,
      env: composeEnvironment(env),
      stdio: ['ignore', output, output],
    });
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? 1));
    });
  } finally {
    await file?.close();
  }
}

/** The engine that is meant must reach compose, too. */
function composeEnvironment(env: Environment): Record<string, string> {
  const engine = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[0].startsWith('DOCKER_') && entry[1] !== undefined,
  );
  return { ...systemEnvironment(env), ...Object.fromEntries(engine) };
}
