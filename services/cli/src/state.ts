import { existsSync, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';

/** Where runs, evidence and the toolkit are kept: `--state`, else the XDG state directory. */
export function stateDirectory(given: string | undefined, env: NodeJS.ProcessEnv): string {
  if (given !== undefined) return resolve(given);
  const base = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(base, 'drylane');
}

/**
 * Makes the state directory for its owner alone.
 * @throws DrylaneError `machine-unfit` where it cannot be made.
 */
export function makeStateDirectory(directory: string): void {
  // One by one: mkdir -p below /proc never ends in Node.
  const missing: string[] = [];
  let at = directory;
  for (; !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.push(at);
  try {
    for (const path of missing.reverse()) mkdirSync(path, { mode: 0o700 });
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
  } catch (cause) {
    throw new DrylaneError(
      'machine-unfit',
      {
        field: '--state',
        message: `runs cannot be kept in ${directory}`,
        mend: 'name a directory that can be made',
      },
      { cause },
    );
  }
}
