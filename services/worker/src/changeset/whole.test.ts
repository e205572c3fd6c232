import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf } from './whole.ts';

/** Dirties a page of a file through a mapping, says so, and writes to it again once its input ends. */
const MAPPER = `
import mmap, os, sys
text = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 0)
text[0:1] = b'e'
print('ready', flush=True)
sys.stdin.read()
text[5:9] = b'evil'
`;

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

  it('is another after a write through a mapping that leaves the times as they were', async () => {
    // On a tmpfs, only the first write to a page tells of itself.
    const fast = mkdtempSync('/dev/shm/drylane-whole-');
    try {
      const script = join(fast, 'script.sh');
      writeFileSync(script, 'echo good\n');
      const mapper = spawn('python3', ['-c', MAPPER, script], { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(mapper.stdout, 'data');
      const [before, times] = [await fingerprintOf(fast), statSync(script).ctimeMs];
      mapper.stdin.end();
      await once(mapper, 'exit');
      expect(statSync(script).ctimeMs).toBe(times);
      expect(readFileSync(script, 'utf8')).toBe('echo evil\n');
      expect(await fingerprintOf(fast)).not.toBe(before);
    } finally {
      rmSync(fast, { recursive: true, force: true });
    }
  });

  it.each(Object.entries(CHANGES))('is another after %s', async (_, change) => {
    const before = await fingerprintOf(site);
    change((path) => join(site, path));
    expect(await fingerprintOf(site)).not.toBe(before);
  });
});
