import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import type Docker from 'dockerode';
import { provideBase } from './base.ts';
import { type Environment, systemEnvironment } from './command.ts';
import { startDockerd } from './dockerd.ts';
import { askEngine, machineFacts } from './engine.ts';
import { buildImage, foundDigest, hasImage, type ImageSource, wantedDigest } from './images.ts';
import { installPackages } from './install.ts';
import { withLock } from './lock.ts';
import { type NodePackage, nodeBinary, nodePackage } from './node-binary.ts';
import type { Places } from './places.ts';
import {
  BASE_TAG,
  type EngineAnswer,
  type ImageStep,
  type MachineFacts,
  planEngine,
  planImages,
} from './plan.ts';
import { provide } from './program.ts';
import { PROGRAMS } from './programs.ts';
import type { Say } from './say.ts';

/** All that making a machine ready reaches: handed in, never found. */
export interface Machine {
  /** The repository's root. */
  readonly repository: string;
  readonly docker: Docker;
  readonly dockerHost: string | undefined;
  /** How the engine is started, should it be: `['dockerd']` for the machine's own. */
  readonly engineCommand: readonly string[];
  readonly places: Places;
  /** Whether what is needed besides rehearsing is wanted, too: the programs that the tests start. */
  readonly forTests: boolean;
  /** Where temporary directories go. */
  readonly temporary: string;
  readonly env: Environment;
  readonly say: Say;
}

type ReadyEngine = Extract<EngineAnswer, { kind: 'ready' }>;

interface Images {
  readonly node: NodePackage;
  readonly sources: readonly ImageSource[];
  readonly steps: readonly ImageStep[];
}

/** Where the engine that we started is noted down. */
export const engineRecord = (places: Places): string => join(places.state, 'engine.json');

/**
 * Makes the machine ready to rehearse: an engine that answers, and images made from what the repository says now; for
 * tests, the programs that they start, too.
 * Looks first without the lock, so that a ready machine is left at once.
 * @returns the engine's version.
 * @throws DrylaneError `machine-unfit` with the command to type or the log to read.
 */
export async function makeReady(machine: Machine): Promise<string> {
  const engine = await askEngine(machine.docker);
  const hasImages = engine.kind === 'ready' && (await imagesOf(machine, engine)).steps.length === 0;
  if (hasImages && (!machine.forTests || (await hasPrograms()))) return engine.version;
  return underLock(machine, async () => {
    const facts = await machineFacts(machine.docker, machine.dockerHost);
    const ready = await provideEngine(machine, facts);
    await provideImages(machine, ready);
    if (machine.forTests) await providePrograms(machine, facts);
    return ready.version;
  });
}

/** Runs `work` while no other run changes this machine; makes the places first. */
export async function underLock<T>(
  machine: Pick<Machine, 'places' | 'say'>,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(machine.places.state, { recursive: true, mode: 0o755 });
  await mkdir(machine.places.logs, { recursive: true, mode: 0o755 });
  const patience = {
    limitMs: 20 * 60_000,
    everyMs: 200,
    onWait: (holder: { readonly pid: number } | null) =>
      machine.say.line(
        `waiting for another run that prepares this machine (pid ${holder?.pid ?? 'unknown'}) …`,
      ),
  };
  return withLock(join(machine.places.state, 'lock'), patience, work);
}

async function provideEngine(machine: Machine, facts: MachineFacts): Promise<ReadyEngine> {
  const plan = planEngine(facts);
  if (plan.kind === 'refuse') throw unfit(plan.message, plan.mend);
  if (plan.kind === 'start') await startEngine(machine, plan.install);
  const engine = await askEngine(machine.docker);
  if (engine.kind === 'ready') return engine;
  throw unfit('the container engine stopped answering', 'npm run machine');
}

async function startEngine(machine: Machine, install: boolean): Promise<void> {
  const { say, docker, places } = machine;
  const env = systemEnvironment(machine.env);
  if (install)
    await say.during('installing the container engine', () =>
      installPackages(['docker.io', 'iproute2'], { env, log: join(places.logs, 'install.log') }),
    );
  // Where an init system runs, the package has started the engine already.
  if (install && (await askEngine(docker)).kind === 'ready') return;
  const log = join(places.logs, 'dockerd.log');
  const record = engineRecord(places);
  await say.during('starting the container engine', () =>
    startDockerd({ docker, command: machine.engineCommand, env, log, record, patienceMs: 60_000 }),
  );
}

/** The images as the repository wants them against those that the engine has, and what is to be done. */
async function imagesOf(machine: Machine, engine: ReadyEngine): Promise<Images> {
  const { docker, repository } = machine;
  const lockfile = await readFile(join(repository, 'package-lock.json'), 'utf8');
  const node = nodePackage(engine.architecture, lockfile);
  const sources: readonly ImageSource[] = [
    { tag: 'drylane/toolkit:latest', directory: join(repository, 'images', 'toolkit'), added: {} },
    {
      tag: 'drylane/sandbox:latest',
      directory: join(repository, 'images', 'sandbox'),
      added: { node: `${node.name} ${node.version}` },
    },
  ];
  const [base, ...states] = await Promise.all([
    hasImage(docker, BASE_TAG),
    ...sources.map(async (source) => ({
      name: source.tag,
      wanted: await wantedDigest(source),
      found: await foundDigest(docker, source.tag),
    })),
  ]);
  return { node, sources, steps: planImages(states, base) };
}

async function provideImages(machine: Machine, engine: ReadyEngine): Promise<void> {
  const images = await imagesOf(machine, engine);
  if (images.steps.length === 0) return;
  const scratch = await mkdtemp(join(machine.temporary, 'drylane-machine-'));
  try {
    for (const step of images.steps) {
      if (step.kind === 'base') await provideBaseImage(machine, scratch);
      else await build(machine, images, step.name, scratch);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Makes sure that the engine has the image that all of ours are made from, pulled or a stand-in. */
export async function provideBaseImage(machine: Machine, scratch: string): Promise<void> {
  const { docker, say, env, places } = machine;
  if (await hasImage(docker, BASE_TAG)) return;
  const { engine, root, systems } = await machineFacts(docker, machine.dockerHost);
  if (engine.kind !== 'ready') throw unfit('the container engine stopped answering', 'npm run machine');
  await provideBase({
    ...{ docker, say, scratch, root, systems },
    tag: BASE_TAG,
    architecture: engine.architecture,
    script: join(machine.repository, 'images', 'base', 'bookworm-slim.sh'),
    env: systemEnvironment(env),
    log: join(places.logs, 'base.log'),
  });
}

async function build(machine: Machine, images: Images, tag: string, scratch: string): Promise<void> {
  const source = images.sources.find((image) => image.tag === tag);
  if (source === undefined) return;
  const { env, repository, places } = machine;
  const log = join(places.logs, `build-${tag.replaceAll(/[^a-z0-9]+/g, '-')}.log`);
  const modules = join(repository, 'node_modules');
  await machine.say.during(`building ${tag}`, async () => {
    const files: Record<string, string> = {};
    if ('node' in source.added) files.node = await nodeBinary(images.node, { modules, scratch, env, log });
    await buildImage(machine.docker, source, { files, scratch, env, log });
  });
}

async function hasPrograms(): Promise<boolean> {
  return (await Promise.all(PROGRAMS.map((program) => program.isInstalled()))).every((is) => is);
}

async function providePrograms(machine: Machine, { root, systems }: MachineFacts): Promise<void> {
  const { say, places } = machine;
  const log = join(places.logs, 'install.log');
  const settings = { say, root, systems, log, env: systemEnvironment(machine.env) };
  for (const program of PROGRAMS) await provide(program, settings);
}

function unfit(message: string, mend: string): DrylaneError {
  return new DrylaneError('machine-unfit', { field: 'machine', message, mend });
}
