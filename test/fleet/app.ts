import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, failed, mustRun } from '../machine/command.ts';
import { type SourceFile, sourceDigest } from '../machine/source.ts';
import { type Closure, closureOf } from './closure.ts';

// What only tests read, and what packages bring for compilers and debuggers.
const NOT_SHIPPED = /\.(test|property\.test|fixture|examples)\.ts$|\.trace$/;
const NOT_NEEDED = ['*.map', '*.d.ts', '*.d.mts', '*.d.cts'];

/** What of the repository a service consists of. */
export interface App {
  readonly repository: string;
  readonly closure: Closure;
  /** Our own files, relative to the repository. */
  readonly files: readonly string[];
  /** One digest over all of it. */
  readonly digest: string;
}

/** Finds what a service, such as `services/worker`, consists of. */
export async function appOf(service: string, repository: string): Promise<App> {
  const closure = closureOf(service, await readFile(join(repository, 'package-lock.json'), 'utf8'));
  const lists = await Promise.all(closure.workspaces.map((workspace) => filesOf(workspace, repository)));
  const files = lists.flat().sort();
  const sources = await Promise.all(files.map((path) => sourceOf(path, repository)));
  return { repository, closure, files, digest: sourceDigest(sources, closure.packages) };
}

async function filesOf(workspace: string, repository: string): Promise<string[]> {
  const directory = join(repository, workspace, 'src');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !NOT_SHIPPED.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1));
  return [`${workspace}/package.json`, ...files];
}

async function sourceOf(path: string, repository: string): Promise<SourceFile> {
  const content = await readFile(join(repository, path));
  return { path, executable: false, sha256: createHash('sha256').update(content).digest('hex') };
}

/**
 * Packs a service with the installed packages that it needs to run, for a Dockerfile to unpack. No registry is asked:
 * what is in node_modules is what npm held against the lockfile.
 */
export async function packApp(
  { repository, closure, files }: App,
  to: { readonly file: string; readonly env: Environment; readonly log: string },
): Promise<void> {
  const isThere = (path: string): boolean => existsSync(join(repository, path));
  const lost = Object.keys(closure.packages).find((path) => !isThere(path) && !closure.optional.has(path));
  if (lost !== undefined) throw failed(`packing ${to.file}`, `${lost} is not installed`, to.log);
  const packages = Object.keys(closure.packages).filter((path) => isThere(path) && !isInside(path, closure));
  const list = `${to.file}.list`;
  await writeFile(list, [...files, ...closure.links, ...packages, ''].join('\n'));
  const args = [
    ...['--create', '--file', to.file, '--directory', repository],
    ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--mode=u+rwX,go+rX,go-w'],
    ...NOT_NEEDED.map((pattern) => `--exclude=${pattern}`),
    ...['--verbatim-files-from', '--files-from', list],
  ];
  await mustRun({ program: 'tar', args, env: to.env, log: to.log }, `packing ${to.file}`);
}

/** Whether a package comes with another one, in whose directory it is. */
function isInside(path: string, { packages }: Closure): boolean {
  const parts = path.split('/node_modules/');
  return parts.some((_, i) => i > 0 && parts.slice(0, i).join('/node_modules/') in packages);
}
