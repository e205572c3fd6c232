import { join } from 'node:path';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import type { Machine } from '../machine/ready.ts';
import { sayTo } from '../machine/say.ts';
import { thisMachine } from '../machine/this-machine.ts';
import { compose, provideCompose } from './compose.ts';
import { FLEET_IMAGES, type FleetImage, provideFleetImages } from './images.ts';
import { makeSecrets } from './secrets.ts';
import { fleetState, untilReady } from './state.ts';

const READY_MS = 100_000;
const USAGE = 'usage: npm run fleet [-- up | down [--volumes] | status]';

/** `node main.ts` brings the fleet of docker-compose.yml up on this machine, or takes it down. Answers the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const machine = thisMachine(sayTo(process.stderr), false);
  try {
    const words = args.join(' ');
    if (words === '' || words === 'up') return await up(machine);
    if (words === 'down' || words === 'down --volumes') return await down(machine, args.length > 1);
    if (words === 'status') return await status(machine);
    machine.say.line(USAGE);
    return ERROR_CODES['bad-input'].exit;
  } catch (error) {
    if (!(error instanceof DrylaneError)) throw error;
    for (const { message, mend } of error.problems) machine.say.line(`${message}; ${mend}`);
    return ERROR_CODES[error.code].exit;
  }
}

async function up(machine: Machine): Promise<number> {
  const { docker, repository, env, say } = machine;
  const program = await provideCompose(machine);
  await provideFleetImages(machine, Object.keys(FLEET_IMAGES) as FleetImage[]);
  const secrets = join(repository, '.fleet');
  const made = await makeSecrets(secrets, process.getuid?.() === 0);
  if (made.length > 0) say.line(`made in .fleet: ${made.join(', ')}`);
  const failed = await compose(program, ['up', '--detach', '--remove-orphans'], { repository, env });
  if (failed !== 0) return ERROR_CODES.unavailable.exit;
  await say.during('waiting until all are ready', () => untilReady(docker, READY_MS));
  process.stdout.write(
    [
      `drylane        http://127.0.0.1:${env.DRYLANE_FLEET_PORT || 8080}   (/v1, /openapi.json)`,
      `first token    ${join(secrets, 'bootstrap_token')}`,
      `Prometheus     http://127.0.0.1:${env.DRYLANE_FLEET_PROMETHEUS_PORT || 9090}`,
      `workspaces     ${env.DRYLANE_FLEET_WORKSPACES || 'the volume drylane_workspaces'}, which is /workspace there`,
      'take it down   npm run fleet -- down',
      '',
    ].join('\n'),
  );
  return 0;
}

async function down(machine: Machine, volumes: boolean): Promise<number> {
  const program = await provideCompose(machine);
  const run = (...args: string[]) => compose(program, args, machine);
  // With the volumes that have no name: each is a worker's own, and goes with it.
  const removed = await run('rm', '--stop', '--force', '-v');
  const gone = await run('down', '--remove-orphans', ...(volumes ? ['--volumes'] : []));
  return removed === 0 && gone === 0 ? 0 : ERROR_CODES.internal.exit;
}

async function status({ docker, say }: Machine): Promise<number> {
  const fleet = await fleetState(docker);
  for (const { name, state, health } of fleet)
    process.stdout.write(`${name.padEnd(28)}${state.padEnd(12)}${health}\n`);
  if (fleet.length > 0) return 0;
  say.line('the fleet is down; npm run fleet brings it up');
  return ERROR_CODES.unavailable.exit;
}

// A request that never got its answer would keep this process alive.
process.exit(await main(process.argv.slice(2)));
