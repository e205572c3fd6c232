import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pullImage } from '../machine/base.ts';
import { systemEnvironment } from '../machine/command.ts';
import { buildImage, foundDigest, hasImage, type ImageSource, wantedDigest } from '../machine/images.ts';
import { type Machine, provideBaseImage, underLock } from '../machine/ready.ts';
import { appBeside, archivesBeside, type Beside, type FindBeside, nodeBeside } from './beside.ts';

/** An image of the fleet; its Dockerfile is in the folder of images/ that it is declared under. */
interface Declared {
  readonly tag: string;
  /** The folder of the image that it is made from, if that is one of these. */
  readonly from?: string;
  /** A hub may have it, too: what is made here only stands in. */
  readonly hub?: true;
  readonly beside?: FindBeside;
}

/** Every image of the fleet; one that another is made from stands before it. */
export const FLEET_IMAGES = {
  node: { tag: 'node:24-bookworm-slim', hub: true, beside: nodeBeside },
  runtime: { tag: 'drylane/runtime:latest', from: 'node' },
  engine: { tag: 'drylane/engine:latest', from: 'node', beside: archivesBeside },
  dispatcher: { tag: 'drylane/dispatcher:latest', from: 'runtime', beside: appBeside('services/dispatcher') },
  comparator: { tag: 'drylane/comparator:latest', from: 'runtime', beside: appBeside('services/comparator') },
  worker: { tag: 'drylane/worker:latest', from: 'engine', beside: appBeside('services/worker') },
  redis: { tag: 'redis:7-bookworm', hub: true },
  postgres: { tag: 'postgres:15-bookworm', hub: true },
  haproxy: { tag: 'haproxy:2.6-bookworm', hub: true },
  prometheus: { tag: 'prom/prometheus:v2.42.0', hub: true },
} as const satisfies Readonly<Record<string, Declared>>;

export type FleetImage = keyof typeof FLEET_IMAGES;

const IMAGES: Readonly<Record<string, Declared>> = FLEET_IMAGES;
const NOTHING: Beside = { added: {}, make: async () => ({}) };

/** An image as the repository wants it. */
interface Wanted {
  readonly source: ImageSource;
  readonly beside: Beside;
  readonly hub: boolean;
}

/**
 * Makes sure that the engine has images of the fleet, and those that they are made from, as the repository says now.
 * The engine must have the images of rehearsals.
 */
export async function provideFleetImages(machine: Machine, names: readonly FleetImage[]): Promise<void> {
  const needed = new Set(names.flatMap(withBases));
  for (const name of Object.keys(IMAGES).filter((folder) => needed.has(folder))) {
    if (await isThere(machine, await wantedOf(machine, name))) continue;
    await underLock(machine, async () => provide(machine, await wantedOf(machine, name)));
  }
}

function withBases(name: string): readonly string[] {
  const from = IMAGES[name]?.from;
  return from === undefined ? [name] : [...withBases(from), name];
}

async function wantedOf(machine: Machine, name: string): Promise<Wanted> {
  const { tag = name, from, hub = false, beside: find } = IMAGES[name] ?? {};
  const beside = (await find?.(machine)) ?? NOTHING;
  const added: Record<string, string> = { ...beside.added };
  if (from !== undefined) added.from = await wantedDigest((await wantedOf(machine, from)).source);
  const directory = join(machine.repository, 'images', name);
  return { source: { tag, directory, added }, beside, hub };
}

async function isThere({ docker }: Machine, { source, hub }: Wanted): Promise<boolean> {
  const found = await foundDigest(docker, source.tag);
  // One without our label came from a hub, or from an operator who knows better.
  if (found === null) return hub && (await hasImage(docker, source.tag));
  return found === (await wantedDigest(source));
}

async function provide(machine: Machine, wanted: Wanted): Promise<void> {
  const { docker, say, places } = machine;
  const { tag } = wanted.source;
  // Somebody else may have made it while we waited for our turn.
  if (await isThere(machine, wanted)) return;
  const log = join(places.logs, `build-${tag.replaceAll(/[^a-z0-9]+/g, '-')}.log`);
  const absent = wanted.hub && !(await hasImage(docker, tag));
  if (absent && (await say.during(`pulling ${tag}`, () => pullImage(docker, tag, log))) === null) return;
  const scratch = await mkdtemp(join(machine.temporary, 'drylane-fleet-'));
  try {
    const env = systemEnvironment(machine.env);
    await provideBaseImage(machine, scratch);
    await say.during(wanted.hub ? `making a stand-in for ${tag}` : `building ${tag}`, async () => {
      const files = await wanted.beside.make({ scratch, env, log });
      await buildImage(docker, wanted.source, { files, scratch, env, log });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
