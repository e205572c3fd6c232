import {
  chmod,
  glob,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildOptions, Plugin } from 'esbuild';
import { BUNDLES, freshBundle, MANIFEST } from '../../services/cli/bin/bundle.mjs';
import type { Say } from './say.ts';

/** A file below the checkout, and what shows that it is still the same: whoever sets one time back cannot set the other. */
type Look = readonly [path: string, size: number, mtimeMs: number, ctimeMs: number];

/**
 * Bundles the command line, which then starts in half the time, unless that is done. Where it cannot be, this says so, and the command
 * line starts from its sources.
 */
export async function provideBundle(repository: string, say: Say): Promise<void> {
  if (freshBundle(repository) !== undefined) return;
  try {
    await say.during('bundling the command line', () => bundle(repository));
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error);
    say.line(`the command line starts from its sources, which takes longer: ${why}`);
  }
}

/** Writes a bundle under a name of its own. It counts only once all of it stands: whoever is cut short leaves the one before, or none. */
async function bundle(repository: string): Promise<void> {
  const bundles = join(repository, BUNDLES);
  await mkdir(bundles, { recursive: true });
  const folder = await mkdtemp(join(bundles, PREFIX));
  try {
    for (const directory of [bundles, folder]) await chmod(directory, 0o755);
    const half = join(folder, 'manifest.json');
    await writeFile(half, JSON.stringify(await fill(repository, folder)));
    await settle(half);
    await rename(half, join(repository, MANIFEST));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  await removeOld(bundles, folder);
}

/** Puts the bundle into its folder; answers which of its files is the program, and what all that it depends on looked like before. */
async function fill(
  repository: string,
  folder: string,
): Promise<{ program: string; files: readonly Look[] }> {
  const before = LOCKS.map((path) => join(repository, path));
  for await (const path of glob(PACKAGES, { cwd: repository })) before.push(join(repository, path));
  const files = await Promise.all([...before, import.meta.filename].map((path) => look(repository, path)));
  const seen = (path: string) => look(repository, path).then((file) => void files.push(file));
  const { build } = await import('esbuild');
  const plugins = [ours(folder, seen), later(folder)];
  const { metafile } = await build({ ...OPTIONS, absWorkingDir: repository, outdir: folder, plugins });
  await Promise.all(Object.keys(metafile.outputs).map((path) => settle(join(repository, path))));
  const program = join(folder, 'drylane.mjs');
  await seen(program);
  return { program: relative(repository, program), files };
}

const PREFIX = 'bundle-';
/** What packages there are: as asked for, and as npm last put them in place. */
const LOCKS = ['package-lock.json', 'node_modules/.package-lock.json'];
/** Where it stands which file an import of ours means. */
const PACKAGES = '{proto,services/*}/package.json';
/** Made only where something is asked for: it takes longer than most parts of a bundle. */
const REQUIRE = [
  "import { createRequire as $create } from 'node:module';",
  'let $made;',
  'const require = (id) => ($made ??= $create(import.meta.url))(id);',
].join('\n');
const OPTIONS = {
  entryPoints: { drylane: 'services/cli/src/main.ts' },
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  // Packages of the older kind ask for Node's own by `require`.
  banner: { js: REQUIRE },
  metafile: true,
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** Our own sources: each is looked at before it is read, and what it finds beside itself it finds from the bundle. */
function ours(folder: string, seen: (path: string) => Promise<void>): Plugin {
  return {
    name: 'ours',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        await seen(path);
        const text = await readFile(path, 'utf8');
        const unknown = /import\.meta\.(?!dirname\b|url\b)\w+/.exec(text);
        if (unknown) throw new Error(`a bundle knows no ${unknown[0]}`);
        const directory = JSON.stringify(`/${relative(folder, dirname(path))}`);
        const file = JSON.stringify(relative(folder, path));
        const contents = text
          .replaceAll('import.meta.dirname', `(import.meta.dirname + ${directory})`)
          .replaceAll('import.meta.url', `new URL(${file}, import.meta.url).href`);
        return { contents, loader: 'ts' };
      }),
  };
}

/** Parts of packages that take long to load and that hardly anyone calls: left where they are, and loaded when somebody does. */
function later(folder: string): Plugin {
  return {
    name: 'later',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^\.\/(ssh|session)$/ }, ({ path, resolveDir }) =>
        /\/node_modules\/(docker-modem|dockerode)\/lib$/.test(resolveDir)
          ? { path: join(resolveDir, `${path}.js`), namespace: 'later' }
          : undefined,
      );
      onResolve({ filter: /.*/, namespace: 'later' }, ({ path }) => ({ path, external: true }));
      onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => ({
        contents: `module.exports = (...args) => require(${JSON.stringify(relative(folder, path))})(...args);`,
      }));
    },
  };
}

/** Looks at a file. One that was changed this moment could be changed once more and look the same: waits until it could not. */
async function look(repository: string, path: string): Promise<Look> {
  const { size, mtimeMs, ctimeMs } = await lstat(path);
  const age = Date.now() - ctimeMs;
  if (age < 0 || age >= TICK_MS) return [relative(repository, path), size, mtimeMs, ctimeMs];
  await sleep(TICK_MS);
  return look(repository, path);
}

/** Longer than a file system's clock stands still. */
const TICK_MS = 20;

/** Makes a file last, and leaves it for its owner alone to write, whatever the umask. */
async function settle(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o644);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Takes away bundles that are long out of use. Not at once: a process that runs loads parts of its own when it needs them. */
async function removeOld(bundles: string, current: string): Promise<void> {
  for (const name of await readdir(bundles)) {
    const folder = join(bundles, name);
    if (!name.startsWith(PREFIX) || folder === current) continue;
    const age = Date.now() - (await lstat(folder)).mtimeMs;
    if (age > OLD_MS) await rm(folder, { recursive: true, force: true });
  }
}

const OLD_MS = 7 * 24 * 60 * 60 * 1000;
