import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, failed } from '../machine/command.ts';
import { askEngine } from '../machine/engine.ts';
import { foundDigest } from '../machine/images.ts';
import { nodeBinary, nodePackage } from '../machine/node-binary.ts';
import type { Machine } from '../machine/ready.ts';
import { appOf, packApp } from './app.ts';
import { archiveImage } from './archive.ts';

/** Where files are made, and what is told of it. */
interface Making {
  readonly scratch: string;
  readonly env: Environment;
  readonly log: string;
}

/** What comes beside a Dockerfile when its image is built. */
export interface Beside {
  /** What each file is, by its name: an image is out of date when this changes. */
  readonly added: Readonly<Record<string, string>>;
  /** Makes the files; answers their paths, by name. */
  make(making: Making): Promise<Readonly<Record<string, string>>>;
}

/** How that is found out for a machine. */
export type FindBeside = (machine: Machine) => Promise<Beside>;

/** Node itself, as the lockfile pins it. */
export const nodeBeside: FindBeside = async ({ docker, repository }) => {
  const engine = await askEngine(docker);
  const lockfile = await readFile(join(repository, 'package-lock.json'), 'utf8');
  const wanted = nodePackage(engine.kind === 'ready' ? engine.architecture : engine.kind, lockfile);
  const modules = join(repository, 'node_modules');
  return {
    added: { node: `${wanted.name} ${wanted.version}` },
    make: async (making) => ({ node: await nodeBinary(wanted, { ...making, modules }) }),
  };
};

/** A service with the packages that it needs to run, as `app.tar`. */
export function appBeside(service: string): FindBeside {
  return async ({ repository }) => {
    const app = await appOf(service, repository);
    return {
      added: { 'app.tar': app.digest },
      async make({ scratch, ...to }) {
        const file = join(scratch, `${service.replaceAll('/', '-')}.tar`);
        await packApp(app, { file, ...to });
        return { 'app.tar': file };
      },
    };
  };
}

/** The images that rehearsals start from, as archives, and `images.json`, which says what they hold. */
export const archivesBeside: FindBeside = async ({ docker }) => {
  const sources: Record<string, string> = {};
  for (const name of CARRIED) sources[`${name}.tar`] = (await foundDigest(docker, tagOf(name))) ?? 'none';
  return {
    added: sources,
    async make({ scratch, log }) {
      const files: Record<string, string> = {};
      const manifest: Record<string, { archive: string; source: string }> = {};
      for (const name of CARRIED) {
        const [archive, tag] = [`${name}.tar`, tagOf(name)];
        const source = await foundDigest(docker, tag);
        if (source === null) throw failed(`archiving ${tag}`, 'the engine does not have it', log);
        files[archive] = join(scratch, archive);
        await archiveImage(docker, tag, files[archive]);
        manifest[tag] = { archive, source };
      }
      files['images.json'] = join(scratch, 'images.json');
      await writeFile(files['images.json'], JSON.stringify(manifest));
      return files;
    },
  };
};

const CARRIED = ['sandbox', 'toolkit'] as const;

const tagOf = (name: string): string => `drylane/${name}:latest`;
