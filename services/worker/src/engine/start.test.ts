import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endWithin } from './child.ts';
import { type StartOptions, startEngine } from './start.ts';

let scratch = '';
let stop: AbortController;
const lines: string[] = [];
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-engine-'));
  stop = new AbortController();
  lines.length = 0;
});
afterEach(() => rm(scratch, { recursive: true }));

/** A program that listens as an engine does, or does something else. */
const start = (script: string, more: Partial<StartOptions> = {}) =>
  startEngine({
    program: process.execPath,
    args: ['-e', script, join(scratch, 'engine.sock')],
    socket: join(scratch, 'engine.sock'),
    patienceMs: 5_000,
    onLine: (line) => lines.push(line),
    stop: stop.signal,
    ...more,
  });

const LISTENS = "require('node:http').createServer((_, a) => a.end('OK')).listen(process.argv[1])";
const message = (text: string) => ({
  code: 'machine-unfit',
  problems: [{ message: expect.stringContaining(text) }],
});

describe('an engine that is started', () => {
  it('is there when it answers, and has nothing of our environment', async () => {
    process.env.DRYLANE_TEST_SECRET = 'x';
    try {
      const engine = await start(`console.error(Object.keys(process.env).sort().join()); ${LISTENS}`);
      expect(String(await engine.docker.ping())).toBe('OK');
      expect(lines).toEqual(['LC_ALL,PATH,TMPDIR']);
      await endWithin(engine.child, engine.ended, 5_000);
    } finally {
      delete process.env.DRYLANE_TEST_SECRET;
    }
  });

  it('and ends early is an error that says how', async () => {
    await expect(start("console.error('no disk'); process.exitCode = 3")).rejects.toMatchObject(
      message('status 3'),
    );
    expect(lines).toEqual(['no disk']);
    await expect(start('', { program: '/none' })).rejects.toMatchObject(message('ENOENT'));
  });

  it('and stays silent is ended', async () => {
    const silent = start('setInterval(() => {}, 1000)', { patienceMs: 300 });
    await expect(silent).rejects.toMatchObject(message('no answer in 0.3 s'));
  });

  it('and is not wanted any more is ended', async () => {
    stop.abort();
    await expect(start(LISTENS)).rejects.toMatchObject(message('told to end'));
  });
});
