import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Outside, openOutside } from '../fleet-journey/outside.ts';
import { withLock } from '../machine/lock.ts';
import type { Machine } from '../machine/ready.ts';
import { thisMachine } from '../machine/this-machine.ts';
import { provideCompose } from './compose.ts';
import { bringUp, takeDown } from './stack.ts';
import { untilReady } from './state.ts';

/** No operator's fleet has this name. One stack of it is up at a time, so that what a killed test left is known. */
const PROJECT = 'drylane-journey';
/** Where docker-compose.yml has the workspaces. */
const MOUNTED = '/workspace';
const READY_MS = 240_000;
const PATIENCE = { limitMs: 600_000, everyMs: 500, onWait: () => undefined };

/** The stack of docker-compose.yml, for tests only: beside a fleet that runs here, and with nothing of it. */
export interface OwnStack extends Outside, AsyncDisposable {
  /** Where files of the host that containers may see are. */
  readonly root: string;
  /** What is published, on the loopback. */
  readonly ports: { readonly front: number; readonly prometheus: number };
  containers(): Promise<readonly Docker.ContainerInspectInfo[]>;
  /** Waits until every container is healthy. */
  untilReady(): Promise<void>;
  /** Takes all of it away, as `npm run fleet -- down --volumes` does. */
  takeDown(): Promise<void>;
  /** What of it is there: containers, networks, and volumes that compose gave a name. */
  remains(): Promise<readonly string[]>;
}

/** What it is like where it is to be another than the one that operators get. */
interface Wanted {
  readonly policy: string;
  /** Directories of workspaces, as workers know them, in which git repositories are. */
  readonly gitSources: readonly string[];
}

/** Brings a stack up; answers when it can be asked, which is before its workers are ready. */
export async function startStack(wanted: Wanted): Promise<OwnStack> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'drylane-stack-')));
  const ports = { front: await freePort(), prometheus: await freePort() };
  const url = `http://127.0.0.1:${ports.front}`;
  const machine = await machineFor(root, ports, wanted);
  const log = join(root, 'compose.log');
  const compose = await provideCompose(machine, log);
  const lock = await holdLock(join(machine.places.state, 'journey.lock'));
  const remains = () => remainsOf(machine.docker);
  const close = async (): Promise<void> => {
    if ((await remains()).length > 0) await takeDown(machine, compose, true);
    await lock[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  };
  try {
    if ((await remains()).length > 0) await takeDown(machine, compose, true);
    await bringUp(machine, compose);
    await untilAnswers(url);
  } catch (cause) {
    const told = await readFile(log, 'utf8').catch(() => '');
    await close();
    throw new Error(`the stack did not come up: ${told}`, { cause });
  }
  const bootstrap = (await readFile(join(root, 'secrets', 'bootstrap_token'), 'utf8')).trim();
  return {
    ...openOutside({ url, workspaces: join(root, 'workspaces'), mounted: MOUNTED, bootstrap }),
    ...{ root, ports, remains },
    containers: () => inspectAll(machine.docker),
    async untilReady() {
      const late = async (cause: unknown): Promise<never> => {
        throw new Error(`the stack is not ready: ${await wordsOf(machine.docker)}`, { cause });
      };
      await untilReady(machine.docker, PROJECT, READY_MS).catch(late);
    },
    takeDown: () => takeDown(machine, compose, true),
    [Symbol.asyncDispose]: close,
  };
}

/** This machine, with an environment that says what this stack is like. */
async function machineFor(root: string, ports: OwnStack['ports'], wanted: Wanted): Promise<Machine> {
  await mkdir(join(root, 'workspaces'));
  await writeFile(join(root, 'policy.yaml'), wanted.policy);
  const quiet = { line: () => undefined, during: <T>(_: string, work: () => Promise<T>) => work() };
  const machine = thisMachine(quiet, true);
  const env = {
    ...machine.env,
    COMPOSE_PROJECT_NAME: PROJECT,
    DRYLANE_FLEET_PORT: String(ports.front),
    DRYLANE_FLEET_PROMETHEUS_PORT: String(ports.prometheus),
    DRYLANE_FLEET_WORKERS: '2',
    DRYLANE_FLEET_WORKSPACES: join(root, 'workspaces'),
    DRYLANE_FLEET_POLICY: join(root, 'policy.yaml'),
    DRYLANE_FLEET_SECRETS: join(root, 'secrets'),
    DRYLANE_FLEET_GIT_SOURCES: wanted.gitSources.map((path) => `file:${path}`).join(','),
  };
  return { ...machine, env };
}

/** Waits until a dispatcher that is ready answers. */
async function untilAnswers(url: string): Promise<void> {
  const until = performance.now() + READY_MS;
  const isReady = async (): Promise<boolean> => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true;
  while (!(await isReady())) {
    if (performance.now() > until) throw new Error(`no dispatcher is ready at ${url}`);
    await sleep(200);
  }
}

const ofProject = { label: [`com.docker.compose.project=${PROJECT}`] };

async function remainsOf(docker: Docker): Promise<readonly string[]> {
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters: ofProject }),
    docker.listNetworks({ filters: ofProject }),
    docker.listVolumes({ filters: JSON.stringify(ofProject) }),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...(volumes ?? []).map(({ Name }) => Name),
  ];
}

async function inspectAll(docker: Docker): Promise<readonly Docker.ContainerInspectInfo[]> {
  const containers = await docker.listContainers({ all: true, filters: ofProject });
  return Promise.all(containers.map(({ Id }) => docker.getContainer(Id).inspect()));
}

/** The last that containers which are not well have said: soon nobody can ask them any more. */
async function wordsOf(docker: Docker): Promise<string> {
  const containers = await inspectAll(docker);
  const ill = containers.filter(({ State }) => State.Health?.Status !== 'healthy');
  const words = ill.map(async ({ Id, Name }) => {
    const logs = await docker.getContainer(Id).logs({ stdout: true, stderr: true, tail: 20 });
    return `${Name}\n${logs.toString('utf8')}`;
  });
  return (await Promise.all(words)).join('\n');
}

/** A port of the loopback on which nobody listens now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port of the loopback is free');
  return address.port;
}

/** Takes a lock file when nobody else holds it, until it is disposed of. */
async function holdLock(file: string): Promise<AsyncDisposable> {
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ended = withLock(file, PATIENCE, async () => {
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, ended]);
  return {
    async [Symbol.asyncDispose]() {
      released.resolve();
      await ended;
    },
  };
}
