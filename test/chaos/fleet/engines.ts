import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EnginePlaces } from '@drylane/worker/engine/places';
import type { Engine } from '@drylane/worker/sandbox/engine';
import { childrenOf, type FleetProcess } from '../../fleet-journey/processes.ts';
import { foundDigest } from '../../machine/images.ts';

/** The images that a worker's image brings with it. */
const CARRIED = ['sandbox', 'toolkit'] as const;

/** Where an engine that a process of the fleet has for itself keeps everything. */
export const placesIn = (directory: string): EnginePlaces => ({
  run: join(directory, 'run'),
  socket: join(directory, 'run/engine.sock'),
  data: join(directory, 'data'),
  configuration: join(directory, 'none'),
  images: join(directory, 'images'),
});

/** The program that a worker runs on that has such an engine. */
export const engineIn = (directory: string): readonly string[] => [
  process.execPath,
  join(import.meta.dirname, 'engined.ts'),
  directory,
];

/** Copies the images of this machine's engine for one that keeps everything in a directory. */
export async function carryImages(engine: Engine, directory: string): Promise<void> {
  const { images } = placesIn(directory);
  await mkdir(images, { recursive: true });
  const carried = CARRIED.map(async (name) => {
    const [archive, tag] = [`${name}.tar`, `drylane/${name}:latest`];
    await pipeline(await engine.getImage(tag).get(), createWriteStream(join(images, archive)));
    return [tag, { archive, source: await foundDigest(engine, tag) }] as const;
  });
  await writeFile(
    join(images, 'images.json'),
    JSON.stringify(Object.fromEntries(await Promise.all(carried))),
  );
}

/** The processes that a process of a fleet consists of. */
interface Parts {
  readonly service: number;
  /** Its engine, where it has one of its own. */
  readonly engine: number | undefined;
}

/** Finds the parts of a process. @throws Error where one of them has ended. */
export function partsOf({ pid, isApart }: FleetProcess): Parts {
  if (!isApart) return { service: pid, engine: undefined };
  const isEngine = (part: number): boolean => readFileSync(`/proc/${part}/comm`, 'utf8') === 'dockerd\n';
  const [engines, [service]] = [
    childrenOf(pid).filter(isEngine),
    childrenOf(pid).filter((part) => !isEngine(part)),
  ];
  if (service === undefined || engines.length === 0) throw new Error('the worker or its engine has ended');
  return { service, engine: engines[0] };
}
