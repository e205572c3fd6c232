import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitOf, findProgram, mustRun, systemEnvironment } from './command.ts';
import { placesOf } from './places.ts';
import { sayTo } from './say.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-command-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const sh = (script: string, log = join(scratch, 'log')) => ({
  program: '/bin/sh',
  args: ['-c', script],
  env: {},
  log,
});

describe('systemEnvironment', () => {
  it('finds programs nowhere but in the system, and keeps nothing of npm', () => {
    const env = systemEnvironment({
      PATH: '/home/x/node_modules/.bin:/usr/bin',
      npm_config_prefix: '/x',
      NODE_OPTIONS: '--import evil',
      DOCKER_HOST: 'tcp://x',
      https_proxy: 'http://proxy',
      EMPTY: undefined,
    });
    expect(env.PATH).not.toContain('node_modules');
    expect(Object.keys(env).sort()).toEqual(['DEBIAN_FRONTEND', 'LC_ALL', 'PATH', 'https_proxy']);
  });
});

describe('a command', () => {
  it('answers its exit status, 127 when it cannot be started, 128 when a signal ended it', async () => {
    expect(await exitOf(sh('exit 7'))).toBe(7);
    expect(await exitOf({ ...sh(''), program: '/no/such/program' })).toBe(127);
    expect(await exitOf(sh('kill -9 $$'))).toBe(128);
  });

  it('keeps its output and its errors in the log, which a failure names', async () => {
    const log = join(scratch, 'failing.log');
    const run = mustRun(sh('echo out; echo err >&2; exit 3', log), 'doing it');
    await expect(run).rejects.toMatchObject({
      code: 'machine-unfit',
      problems: [{ message: 'doing it: /bin/sh exited with 3', mend: `see ${log}` }],
    });
    expect(await readFile(log, 'utf8')).toBe('$ /bin/sh -c echo out; echo err >&2; exit 3\nout\nerr\n');
  });

  it('is found by its absolute path, or not at all', async () => {
    expect(await findProgram('env')).toMatch(/^\/.*\/env$/);
    expect(await findProgram('no-such-program-anywhere')).toBeNull();
  });
});

describe('placesOf', () => {
  it('gives root the places of the machine and anyone else their own', () => {
    expect(placesOf({ root: true, home: '/root', xdgState: '/x' }).state).toBe('/run/drylane');
    expect(placesOf({ root: false, home: '/home/ada' }).state).toBe('/home/ada/.local/state/drylane/machine');
    expect(placesOf({ root: false, home: '/home/ada', xdgState: '/x' }).state).toBe('/x/drylane/machine');
  });

  it('ignores an XDG directory that is not absolute, as its specification asks', () => {
    expect(placesOf({ root: false, home: '/home/ada', xdgState: '../x' }).state).toMatch(/^\/home\/ada\//);
  });
});

describe('sayTo', () => {
  it('writes one line for a long action, and ends the line also when it fails', async () => {
    const written: string[] = [];
    const say = sayTo({ write: (text) => written.push(text) });
    expect(await say.during('working', async () => 1)).toBe(1);
    await expect(say.during('failing', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(written.join('')).toBe('working … 0 s\nfailing … \n');
  });
});
