import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DrylaneError } from '@drylane/proto/errors';
import type Docker from 'dockerode';
import { z } from 'zod';

/** The label that says what an image was made from. */
const SOURCE_LABEL = 'dev.drylane.source';

/** What archives of images hold: which file has an image, and the digest of what that was made from, by its name. */
const Manifest = z.record(
  z.string(),
  z.object({ archive: z.string().regex(/^[a-z.]+$/), source: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
);
type Manifest = z.infer<typeof Manifest>;

/**
 * Makes sure that the engine has the images of a directory of archives, and loads those that it has not.
 * @returns the names of those that were not there.
 * @throws DrylaneError `machine-unfit` when an archive does not hold what the manifest says.
 */
export async function loadImages(engine: Docker, directory: string): Promise<readonly string[]> {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(directory, 'images.json'), 'utf8')));
  const missing = await missingOf(engine, manifest);
  for (const { archive } of missing) {
    const words = await text(await engine.loadImage(createReadStream(join(directory, archive))));
    const trouble = /"error":"([^"]*)"/.exec(words)?.[1];
    if (trouble !== undefined)
      throw unfit(join(directory, archive), `the engine could not load it: ${trouble}`);
  }
  const [still] = await missingOf(engine, manifest);
  if (still === undefined) return missing.map(({ name }) => name);
  throw unfit(join(directory, still.archive), `it does not hold ${still.name} as the manifest says`);
}

function unfit(field: string, message: string): DrylaneError {
  return new DrylaneError('machine-unfit', { field, message, mend: 'npm run fleet builds the image again' });
}

async function missingOf(engine: Docker, manifest: Manifest) {
  const states = await Promise.all(
    Object.entries(manifest).map(async ([name, { archive, source }]) => ({
      name,
      archive,
      same: (await sourceOf(engine, name)) === source,
    })),
  );
  return states.filter(({ same }) => !same);
}

async function sourceOf(engine: Docker, name: string): Promise<string | undefined> {
  try {
    const { Config } = await engine.getImage(name).inspect();
    return Config.Labels?.[SOURCE_LABEL];
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw error;
  }
}

/** Removes every container that an engine of before has left: an engine that is the worker's own has no others. */
export async function removeContainers(engine: Docker): Promise<number> {
  const containers = await engine.listContainers({ all: true });
  await Promise.all(containers.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true })));
  return containers.length;
}
