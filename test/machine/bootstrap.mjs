// Runs before anything is installed: plain JavaScript, Node 20 or newer, no dependency.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.drylane-lock');

process.exitCode = bootstrap();

/** Installs what package-lock.json says, when it has changed; with `--machine`, then makes the machine ready, as words after it say. */
function bootstrap() {
  const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const wanted = createHash('sha256').update(lockfile).digest('hex');
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  const status = installed === wanted ? 0 : install(lockfile, wanted);
  if (status !== 0 || !process.argv.includes('--machine')) return status;
  return prepareMachine();
}

/** The stamp is written last, and npm removes it with node_modules: an install that was cut short is done again. */
function install(lockfile, wanted) {
  const began = Date.now();
  process.stderr.write('installing the packages of package-lock.json … ');
  let npm = runNpm('ci');
  // For this platform, install puts in place what ci would: every package that the lockfile names, at its digest.
  if (npm.status !== 0 && lacksOnlyOptional(`${npm.stdout}${npm.stderr}`, lockfile))
    npm = runNpm('install', '--no-save');
  if (npm.status !== 0) {
    const why = npm.error
      ? `npm cannot be run: ${npm.error.message}`
      : 'npm could not install them; see above';
    process.stderr.write(`\n${npm.stdout ?? ''}${npm.stderr ?? ''}${why}\n`);
    return 1;
  }
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, wanted);
  process.stderr.write(`${Math.round((Date.now() - began) / 1000)} s\n`);
  return 0;
}

function runNpm(...command) {
  const options = {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  };
  return spawnSync('npm', [...command, ...FLAGS], options);
}

/**
 * Whether `npm ci` refused a lockfile only because it was written where no other platform's optional packages could be
 * seen. Any other disagreement between package.json and package-lock.json stays an error.
 */
function lacksOnlyOptional(output, lockfile) {
  const missing = [...output.matchAll(/ Missing: (@?[^@\s]+)@/g)].map((match) => match[1]);
  const packages = Object.values(JSON.parse(lockfile).packages ?? {});
  const optional = new Set(packages.flatMap((entry) => Object.keys(entry.optionalDependencies ?? {})));
  return missing.length > 0 && missing.every((name) => optional.has(name)) && !output.includes(' Invalid: ');
}

function prepareMachine() {
  const node = findNode();
  if (node === null) {
    process.stderr.write(
      `npm has no Node ${NODE_MAJOR} for this system; install Node ${NODE_MAJOR} and try again\n`,
    );
    return 3;
  }
  const main = join(root, 'test', 'machine', 'main.ts');
  const words = process.argv.slice(process.argv.indexOf('--machine') + 1);
  const run = spawnSync(node, [main, ...words], { cwd: root, stdio: 'inherit' });
  if (run.error) process.stderr.write(`${node} cannot be run: ${run.error.message}\n`);
  return run.status ?? 128 + (constants.signals[run.signal] ?? 0);
}

/** The Node that the repository brings; where npm has none for this system, the one that runs this, if it is new enough. */
function findNode() {
  const brought = join(modules, '.bin', 'node');
  if (existsSync(brought)) return brought;
  return Number(process.versions.node.split('.')[0]) >= NODE_MAJOR ? process.execPath : null;
}
