#!/usr/bin/env node
// Runs on any Node that npm runs on: hands over to the Node 24 that the project brings, and starts the command line.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED = 24;
const here = dirname(fileURLToPath(import.meta.url));

function bundledNode() {
  for (let dir = here; dir !== dirname(dir); dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules', '.bin', 'node');
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  const { default: module } = await import('node:module');
  module.enableCompileCache?.();
  const { freshBundle } = await import('./bundle.mjs');
  const bundle = freshBundle(join(here, '..', '..', '..'));
  const { main } = await import(bundle === undefined ? '../src/main.ts' : pathToFileURL(bundle).href);
  await main(process.argv);
} else if (process.env.DRYLANE_HANDED_OVER === undefined && bundledNode() !== undefined) {
  const child = spawn(bundledNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, DRYLANE_HANDED_OVER: '1' },
  });
  // Whoever ends this process means the one that does the work.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (fault) => {
    process.stderr.write(`drylane: ${fault.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (status, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (status ?? 1);
  });
} else {
  process.stderr.write(
    `drylane needs Node ${NEEDED}; this is ${process.version}. In a checkout: npm run machine\n`,
  );
  process.exitCode = 3;
}
