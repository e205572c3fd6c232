import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf } from './whole.ts';

let site: string;
beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), 'drylane-whole-'));
  mkdirSync(join(site, 'd'));
  writeFileSync(join(site, 'd/script.sh'), 'echo good\n');
  symlinkSync('d/script.sh', join(site, 'link'));
});
afterEach(() => rmSync(site, { recursive: true, force: true }));

const CHANGES: Readonly<Record<string, (at: (path: string) => string) => void>> = {
  'a content of the same length, its time set back': (at) => {
    writeFileSync(at('d/script.sh'), 'echo evil\n');
    utimesSync(at('d/script.sh'), 1, 1);
  },
  'a mode': (at) => chmodSync(at('d/script.sh'), 0o755),
  'the mode of a directory': (at) => chmodSync(at('d'), 0o700),
  'a new file': (at) => writeFileSync(at('new'), ''),
  'a file that is gone': (at) => unlinkSync(at('d/script.sh')),
  'where a link leads': (at) => {
    unlinkSync(at('link'));
    symlinkSync('d/other.sh', at('link'));
  },
  'another name of a file': (at) => linkSync(at('d/script.sh'), at('d/again.sh')),
};

describe('the fingerprint of a whole workspace', () => {
  it('is the same as long as nothing changes', async () => {
    const before = await fingerprintOf(site);
    expect(before).toMatch(/^sha256:/);
    expect(await fingerprintOf(site)).toBe(before);
  });

  it.each(Object.entries(CHANGES))('is another after %s', async (_, change) => {
    const before = await fingerprintOf(site);
    change((path) => join(site, path));
    expect(await fingerprintOf(site)).not.toBe(before);
  });
});
