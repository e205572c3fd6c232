import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rehearsal } from '@drylane/proto/rehearsal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashTree } from '../demo/tree.ts';
import { CHECKOUT } from '../journey/drylane.ts';

const UID = 64_123;

/** The group that owns the engine's socket: whoever is in it may reach the engine. */
function socketGroup(): string {
  return execFileSync('stat', ['-c', '%g', '/var/run/docker.sock'], { encoding: 'utf8' }).trim();
}

describe('a user who may reach the engine but not mount', () => {
  let root: string;
  let site: string;
  let checkout: string;

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'drylane-user-')));
    site = join(root, 'site');
    checkout = join(root, 'checkout');
    await Promise.all([site, checkout, join(root, 'home')].map((dir) => mkdir(dir)));
    await writeFile(join(site, 'a'), 'a\n');
    // A checkout may lie where only its owner can go; seen from here, anyone can.
    execFileSync('mount', ['--bind', CHECKOUT, checkout]);
    await chmod(root, 0o755);
    // A group that the user is not in, as many a workspace has.
    execFileSync('chown', ['-R', `${UID}:0`, site]);
    execFileSync('chown', ['-R', `${UID}:${UID}`, join(root, 'home')]);
  });
  afterAll(async () => {
    execFileSync('umount', ['-l', checkout]);
    await rm(root, { recursive: true, force: true });
  });

  it('rehearses through the engine’s own mounts, with the same evidence', async () => {
    const before = await hashTree(site);
    const drylane = join(checkout, 'services', 'cli', 'bin', 'drylane.mjs');
    const node = join(checkout, 'node_modules', '.bin', 'node');
    const user = [
      `--reuid=${UID}`,
      `--regid=${UID}`,
      `--groups=${UID},${socketGroup()}`,
      '--bounding-set=-all',
      '--inh-caps=-all',
    ];
    const command = 'echo b > b && chmod 000 b; rm a; mkdir -m 000 closed; id -u';
    const args = [
      'rehearse',
      '--json',
      '--state',
      join(root, 'home', 'state'),
      '--expect',
      '**',
      '--',
      command,
    ];
    const run = spawnSync('setpriv', [...user, '--no-new-privs', node, drylane, ...args], {
      cwd: site,
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', HOME: join(root, 'home') },
    });
    expect(run.stderr).toBe('');
    const { verdict, evidence } = JSON.parse(run.stdout) as Rehearsal;
    expect(verdict).toBe('promote');
    expect(evidence.fidelity.user).toBe(`${UID}:0`);
    expect(evidence.stdout.text).toBe(`${UID}\n`);
    expect(evidence.changes.map((c) => [c.path, c.kind, c.step])).toEqual([
      ['a', 'deleted', 2],
      ['b', 'added', 1],
      ['closed', 'added', null],
    ]);
    expect(await hashTree(site)).toBe(before);
  });
});
