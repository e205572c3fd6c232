#!/usr/bin/env node
// Runs on any Node that npm runs on: hands over to the Node 24 that the project brings, and starts the command line.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  const { main } = await import('../src/main.ts');
  await main(process.argv);
} else if (process.env.DRYLANE_HANDED_OVER === undefined && bundledNode() !== undefined) {
  const { status, signal } = spawnSync(
    bundledNode(),
    [fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      env: { ...process.env, DRYLANE_HANDED_OVER: '1' },
    },
  );
  process.exitCode = signal ? 1 : (status ?? 1);
} else {
  process.stderr.write(`drylane needs Node ${NEEDED}; this is ${process.version}. In a checkout: npm ci\n`);
  process.exitCode = 3;
}
