import { execFileSync, spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { DRYLANE, drylane, drylaneJson } from './drylane.ts';
import { makePlace } from './place.ts';

// Put together here, so that no scanner takes this file for a leak.
const SECRET = ['xoxb', '1234567890123', '1234567890123', 'aBcDeFgHiJkLmNoPqRsTuVwX'].join('-');
const COMMAND = `echo "token ${SECRET}"; echo done >&2`;

async function policyFor(root: string, site: string, recipients: readonly string[]): Promise<string> {
  const file = join(root, 'policy.yaml');
  const kept =
    recipients.length === 0 ? '' : `evidence: { raw_output: { seal_to: [${recipients.join(', ')}] } }\n`;
  await writeFile(file, `version: 1\nworkspaces: { roots: [${site}] }\n${kept}`);
  return file;
}

/** Whether a secret stands anywhere in a directory. */
async function holds(directory: string, secret: string): Promise<boolean> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    if (bytes.includes(secret)) return true;
  }
  return false;
}

describe('raw output', () => {
  it('is kept for those whom policy names, sealed, and nowhere else', async () => {
    await using place = await makePlace('sealed');
    const identity = await generateIdentity();
    const policy = await policyFor(place.root, place.site, [await identityToRecipient(identity)]);
    const { document } = drylaneJson<Rehearsal>(
      ['rehearse', '--read-only', '--policy', policy, '--state', place.state, '--', COMMAND],
      { cwd: place.site },
    );
    expect(document.evidence.stdout.text).toMatch(/^token \[redacted:/);

    const shown = spawnSync(
      process.execPath,
      [DRYLANE, 'show', 'last', '--raw-output', '--state', place.state],
      {
        maxBuffer: 2 ** 28,
      },
    );
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const archive = await decrypter.decrypt(shown.stdout);
    const file = (name: string) => execFileSync('tar', ['-xO', name], { input: archive, encoding: 'utf8' });
    expect([file('stdout'), file('stderr')]).toEqual([`token ${SECRET}\n`, 'done\n']);
    expect(await holds(place.state, SECRET)).toBe(false);
  });

  it('is not kept at all where policy names nobody', async () => {
    await using place = await makePlace('unsealed');
    const policy = await policyFor(place.root, place.site, []);
    drylane(['rehearse', '--read-only', '--policy', policy, '--state', place.state, '--', COMMAND], {
      cwd: place.site,
    });
    const { status, stdout, stderr } = drylane(['show', 'last', '--raw-output', '--state', place.state], {
      cwd: place.site,
    });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('seal_to');
    expect(await holds(place.state, SECRET)).toBe(false);
  });
});
