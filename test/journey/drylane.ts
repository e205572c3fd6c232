import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The checkout that is under test. */
export const CHECKOUT = join(import.meta.dirname, '..', '..');

/** The real command line, as a program and its first argument. */
export const DRYLANE = join(CHECKOUT, 'services', 'cli', 'bin', 'drylane.mjs');

/** Runs the real command line to its end; nothing of this process's own drylane settings reaches it. */
export function drylane(
  args: readonly string[],
  { cwd, input, env }: { cwd: string; input?: string | Buffer; env?: NodeJS.ProcessEnv },
): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [DRYLANE, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    ...(input !== undefined && { input }),
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
}

/** The same, for a command that answers with one JSON document. */
export function drylaneJson<T>(
  [verb = '', ...args]: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
) {
  const run = drylane([verb, '--json', ...args], options);
  try {
    return { status: run.status, stderr: run.stderr, document: JSON.parse(run.stdout) as T };
  } catch (cause) {
    throw new Error(`no JSON from drylane ${verb} ${args.join(' ')}: ${run.stdout}${run.stderr}`, { cause });
  }
}
