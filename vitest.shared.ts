import { join } from 'node:path';

/** Reporters of a workspace: for people on the terminal, and as JSON for the tally at the end of a CI run. */
export function reporters(workspace: string) {
  return {
    reporters: ['default', 'json'] as ['default', 'json'],
    outputFile: { json: join(import.meta.dirname, '.reports', `${workspace}.json`) },
  };
}
