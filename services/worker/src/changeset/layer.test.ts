import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { snapshot } from '../evidence/rehearsed.fixture.ts';
import { type Changed, change, listed } from './changeset.fixture.ts';
import { readLayer } from './layer.ts';

const open: Changed[] = [];
afterEach(async () => {
  for (const changed of open.splice(0)) await changed.end();
});

async function changing(prepare: string, command: string): Promise<Changed> {
  const changed = await change(prepare, command);
  open.push(changed);
  return changed;
}

/** A command that does one of everything. */
const BASE = `mkdir -p gone/deep kept turned; echo a > gone/a; echo b > gone/deep/b; echo k > kept/k; echo m > kept/m
  echo t > turned/t; echo f > becomes; echo x > mode; ln -s kept link; chmod 640 kept/m`;
const COMMAND = `rm -r gone; rm kept/k; echo more >> kept/m; rm -r turned; echo t > turned; rm becomes; mkdir becomes
  echo in > becomes/in; chmod 600 mode; ln -sfn becomes link; mkdir new; echo n > 'new/name of '$(printf 'n%.0s' $(seq 200))
  chmod 710 .`;

describe('a layer', () => {
  it('is what GNU tar lists: parents before children, a whiteout for what is gone and none below it', async () => {
    const changed = await changing(BASE, COMMAND);
    const built = await changed.build();
    expect(listed(changed.fileOf(built?.changeSet.layer.digest ?? ''))).toEqual([
      '.',
      'becomes',
      'becomes/in',
      '.wh.gone',
      'kept/.wh.k',
      'kept/m',
      'link',
      'mode',
      'new',
      `new/name of ${'n'.repeat(200)}`,
      'turned',
    ]);
    expect(built?.changeSet.entries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'mode .',
      'type becomes',
      'added becomes/in',
      'deleted gone',
      'deleted gone/a',
      'deleted gone/deep',
      'deleted gone/deep/b',
      'deleted kept/k',
      'modified kept/m',
      'modified link',
      'mode mode',
      'added new',
      `added new/name of ${'n'.repeat(200)}`,
      'type turned',
      'deleted turned/t',
    ]);
  });

  it('unpacks with whiteouts as plain files, and no name or clock of this machine in it', async () => {
    const changed = await changing(BASE, COMMAND);
    const built = await changed.build();
    const tar = changed.fileOf(built?.changeSet.layer.digest ?? '');
    const out = join(changed.scratch, 'out');
    execFileSync('sh', ['-c', 'mkdir "$1" && tar -xpf "$2" -C "$1"', 'sh', out, tar]);
    expect(snapshot(out).get('.wh.gone')).toMatchObject({ type: 'file', size: 0 });
    expect(snapshot(out).get('kept/.wh.k')).toMatchObject({ type: 'file', size: 0 });
    expect(readFileSync(join(out, 'kept/m'), 'utf8')).toBe('m\nmore\n');
    const lines = execFileSync('tar', ['-tvf', tar, '--full-time', '--utc'], { encoding: 'utf8' });
    for (const line of lines.trimEnd().split('\n'))
      expect(line).toMatch(/^[-dl][rwx-]{9} 0\/0 +\d+ 1970-01-01 00:00:00 /);
  });

  it("gives its regular files in the manifest's order, those of which the mode changed too", async () => {
    const changed = await changing(`${BASE}\ntruncate -s 600000 big`, `${COMMAND}\necho >> big; : > empty`);
    const built = await changed.build();
    const found: unknown[] = [];
    for await (const { path, size, content } of readLayer(
      changed.blobs.open(built?.changeSet.layer.digest ?? ''),
    )) {
      let length = 0;
      for await (const part of content) length += part.length;
      found.push([path, size, length]);
    }
    const files = built?.changeSet.entries.filter(({ after }) => after?.type === 'file') ?? [];
    expect(found).toEqual(files.map(({ path, after }) => [path, after?.size, after?.size]));
    expect(files.map(({ path }) => path)).toContain('mode');
    for (const { path, after } of files) {
      expect(after?.sha256, path).toBe(snapshot(changed.merged).get(path)?.sha256);
      expect(after?.size, path).toBe(snapshot(changed.merged).get(path)?.size);
    }
  });
});
