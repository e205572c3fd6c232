import { appendFileSync, constants } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { type Environment, failed } from './command.ts';
import { readEvents } from './events.ts';
import { sourceDigest, sourceFiles } from './source.ts';

/** The label that says what an image was made from: the digest of its sources. */
const SOURCE_LABEL = 'dev.drylane.source';

const SILENCE_MS = 300_000;
const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** An image of ours: its directory's files, and files that are put beside them when it is built. */
export interface ImageSource {
  readonly tag: string;
  readonly directory: string;
  /** Name in the build context to what the file is, such as `node` to `24.21.0 amd64`. */
  readonly added: Readonly<Record<string, string>>;
}

/** The digest that an image's label must have to be up to date. */
export async function wantedDigest(source: ImageSource): Promise<string> {
  return sourceDigest(await sourceFiles(source.directory), source.added);
}

/** The digest on the image that the engine has; null when it has none or none with a label. */
export async function foundDigest(docker: Docker, tag: string): Promise<string | null> {
  const image = await inspect(docker, tag);
  return image?.Config.Labels?.[SOURCE_LABEL] ?? null;
}

/** Whether the engine has an image. */
export async function hasImage(docker: Docker, tag: string): Promise<boolean> {
  return (await inspect(docker, tag)) !== null;
}

async function inspect(docker: Docker, tag: string): Promise<Docker.ImageInspectInfo | null> {
  try {
    return await docker.getImage(tag).inspect();
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return null;
    throw error;
  }
}

/** What building an image takes besides its source. `files` are the added files' paths, by their name. */
export interface BuildSettings {
  readonly files: Readonly<Record<string, string>>;
  readonly scratch: string;
  readonly env: Environment;
  readonly log: string;
}

/**
 * Builds an image with the engine's classic builder, labels it, and removes the one whose place it took.
 * @throws DrylaneError `machine-unfit` that names the log, also when the engine ends without an error or an image.
 */
export async function buildImage(
  docker: Docker,
  source: ImageSource,
  settings: BuildSettings,
): Promise<void> {
  const before = await inspect(docker, source.tag);
  const context = await mkdtemp(join(settings.scratch, 'context-'));
  try {
    const wanted = await wantedDigest(source);
    const src = await stage(context, source.directory, settings.files);
    const labels = { [SOURCE_LABEL]: wanted };
    const buildargs = proxyArguments(settings.env);
    const options = { t: source.tag, labels, buildargs, networkmode: 'host', forcerm: true };
    const reports = await docker.buildImage({ context, src }, options);
    await readEvents(reports, {
      idleMs: SILENCE_MS,
      onText: (text) => appendFileSync(settings.log, text),
    });
    if ((await foundDigest(docker, source.tag)) !== wanted) throw new Error('the engine made no image');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'no reason given';
    throw failed(`building ${source.tag}`, why, settings.log, cause);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  if (before !== null) await removeReplaced(docker, before.Id);
}

async function stage(
  context: string,
  directory: string,
  added: Readonly<Record<string, string>>,
): Promise<string[]> {
  const own = (await readdir(directory)).map((name): [string, string] => [name, join(directory, name)]);
  const files = [...own, ...Object.entries(added)];
  for (const [name, path] of files) await copyFile(path, join(context, name), constants.COPYFILE_FICLONE);
  return files.map(([name]) => name);
}

/** The builder knows these arguments without a Dockerfile naming them, and keeps them out of the image. */
export function proxyArguments(env: Environment): Record<string, string> {
  return Object.fromEntries(PROXIES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** An image that lost its name to its successor goes, unless it has another name or a container still needs it. */
async function removeReplaced(docker: Docker, id: string): Promise<void> {
  const image = await inspect(docker, id);
  if (image === null || (image.RepoTags ?? []).length > 0) return;
  await docker.getImage(id).remove().catch(ignoreConflict);
}

function ignoreConflict(error: unknown): void {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status !== 404 && status !== 409) throw error;
}
