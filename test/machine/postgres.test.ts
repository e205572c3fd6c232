import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeNoCluster } from './postgres.ts';

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-postgres-'));
});
afterEach(() => rm(scratch, { recursive: true }));

describe("the settings of the server's package", () => {
  const settings = (text: string): string[] => text.split('\n').filter((line) => /^[^#]/.test(line));

  it.each([
    ['as it brings them', "#create_main_cluster = true\n#start_conf = 'auto'\n", []],
    ['that were changed', 'create_main_cluster = true\nssl = on\n', ['ssl = on']],
    ['that say so already', 'create_main_cluster = false\n', []],
    ['that are not there', undefined, []],
  ])('make no database, and are otherwise left: settings %s', async (_, before, kept) => {
    const file = join(scratch, 'createcluster.conf');
    if (before !== undefined) await writeFile(file, before);
    for (let time = 0; time < 2; time++) {
      await makeNoCluster(file);
      expect(settings(await readFile(file, 'utf8'))).toEqual([...kept, 'create_main_cluster = false']);
    }
  });
});
