import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROCESS_VARIABLES } from '@drylane/chassis/process/process';
import { DispatcherConfig } from '@drylane/dispatcher/config';
import { WorkerConfig } from '@drylane/worker/config';
import { describe, expect, it } from 'vitest';
import { CHECKOUT } from '../journey/drylane.ts';

const SERVICES: Readonly<Record<string, readonly string[]>> = {
  'every process': Object.keys(PROCESS_VARIABLES),
  dispatcher: Object.keys(DispatcherConfig.shape),
  worker: Object.keys(WorkerConfig.shape),
};

/** Variables that a document names. */
const named = (text: string): ReadonlySet<string> =>
  new Set(text.match(/(?<=`)(?:DRYLANE|OTEL)_[A-Z0-9_]+/g));

describe('deploy/README.md', () => {
  it.each(Object.entries(SERVICES))('names every variable of %s', async (_, variables) => {
    const known = named(await readFile(join(CHECKOUT, 'deploy/README.md'), 'utf8'));
    expect(variables.filter((variable) => !known.has(variable))).toEqual([]);
  });

  it('names none that no process knows', async () => {
    const all = new Set(Object.values(SERVICES).flat());
    const known = named(await readFile(join(CHECKOUT, 'deploy/README.md'), 'utf8'));
    expect([...known].filter((variable) => !all.has(variable))).toEqual([]);
  });
});
