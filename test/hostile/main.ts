import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// Runs the hostile suite, under another OCI runtime where one is named: node test/hostile/main.ts --runtime runsc
const { values, positionals } = parseArgs({
  options: { runtime: { type: 'string' } },
  allowPositionals: true,
});
const files = positionals.length > 0 ? positionals.map((name) => `hostile/${name}`) : ['hostile/'];
const runtime = values.runtime === undefined ? {} : { DRYLANE_RUNTIME: values.runtime };
const vitest = spawn('vitest', ['run', ...files], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  env: { ...process.env, ...runtime },
});
const [status] = (await once(vitest, 'exit')) as [number | null];
process.exitCode = status ?? 1;
