import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import { askEngine } from '../machine/engine.ts';
import { type Machine, makeReady } from '../machine/ready.ts';
import { sayTo } from '../machine/say.ts';
import { thisMachine } from '../machine/this-machine.ts';
import { projectOf, provideCompose } from './compose.ts';
import { bringUp, secretsOf, takeDown } from './stack.ts';
import { fleetState, untilReady } from './state.ts';

const READY_MS = 240_000;
const WORDS = ['', 'up', 'down', 'down --volumes', 'status'];
const USAGE = 'usage: npm run fleet [-- up | down [--volumes] | status]';

/** `node main.ts` brings the fleet of docker-compose.yml up on this machine, or takes it down. Answers the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const machine = thisMachine(sayTo(process.stderr), false);
  const words = args.join(' ');
  if (!WORDS.includes(words)) {
    machine.say.line(USAGE);
    return ERROR_CODES['bad-input'].exit;
  }
  try {
    if (words === '' || words === 'up') return await up(machine);
    if ((await askEngine(machine.docker)).kind !== 'ready') throw withoutEngine();
    return words === 'status' ? await status(machine) : await down(machine, args.length > 1);
  } catch (error) {
    if (!(error instanceof DrylaneError)) throw error;
    for (const { message, mend } of error.problems) machine.say.line(`${message}; ${mend}`);
    return ERROR_CODES[error.code].exit;
  }
}

async function up(machine: Machine): Promise<number> {
  const { docker, env, say } = machine;
  await checkWorkspaces(machine);
  await makeReady(machine);
  await bringUp(machine, await provideCompose(machine));
  await say.during('waiting until all are ready', () => untilReady(docker, projectOf(env), READY_MS));
  const volume = `the volume ${projectOf(env)}_workspaces`;
  process.stdout.write(
    [
      `drylane        http://127.0.0.1:${env.DRYLANE_FLEET_PORT || 8080}   (/v1, /openapi.json)`,
      `first token    ${join(secretsOf(machine), 'bootstrap_token')}`,
      `Prometheus     http://127.0.0.1:${env.DRYLANE_FLEET_PROMETHEUS_PORT || 9090}`,
      `workspaces     ${env.DRYLANE_FLEET_WORKSPACES || volume}, which is /workspace there`,
      'take it down   npm run fleet -- down',
      '',
    ].join('\n'),
  );
  return 0;
}

/** Compose would make a directory that is not there, empty, and workers would find nothing in it. */
async function checkWorkspaces({ repository, env }: Machine): Promise<void> {
  const given = env.DRYLANE_FLEET_WORKSPACES ?? '';
  // A name without a slash is that of a volume.
  if (!given.includes('/')) return;
  const found = await stat(resolve(repository, given)).catch(() => undefined);
  if (found?.isDirectory()) return;
  const message = `DRYLANE_FLEET_WORKSPACES is ${given}, and no directory is there`;
  throw new DrylaneError('bad-input', { field: 'workspaces', message, mend: 'make it, or name another' });
}

async function down(machine: Machine, volumes: boolean): Promise<number> {
  await takeDown(machine, await provideCompose(machine), volumes);
  return 0;
}

async function status({ docker, env, say }: Machine): Promise<number> {
  const fleet = await fleetState(docker, projectOf(env));
  for (const { name, state, health } of fleet)
    process.stdout.write(`${name.padEnd(28)}${state.padEnd(12)}${health}\n`);
  if (fleet.length > 0) return 0;
  say.line('the fleet is down; npm run fleet brings it up');
  return ERROR_CODES.unavailable.exit;
}

function withoutEngine(): DrylaneError {
  const message = 'no container engine answers, so that no fleet is up';
  return new DrylaneError('machine-unfit', { field: 'engine', message, mend: 'npm run fleet' });
}

// A request that never got its answer would keep this process alive.
process.exit(await main(process.argv.slice(2)));
