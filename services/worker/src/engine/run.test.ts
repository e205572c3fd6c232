import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ending, endWithin } from './child.ts';
import { type Ground, type RunOptions, runOn } from './run.ts';

let ground: Ground;
let stop: AbortController;
beforeEach(() => {
  const child = spawn('sleep', ['100'], { stdio: 'ignore' });
  ground = { child, ended: ending(child) };
  stop = new AbortController();
});
afterEach(() => endWithin(ground.child, ground.ended, 1_000));

const run = (script: string, more: Partial<RunOptions> = {}) =>
  runOn(ground, {
    command: ['sh', '-c', script],
    env: { PATH: process.env.PATH },
    stop: stop.signal,
    groundlessMs: 200,
    ...more,
  });

describe('a command that runs beside an engine', () => {
  it.each([
    ['exit 0', 0],
    ['exit 12', 12],
    ['kill -KILL $$', 137],
    ['test "$A" = b', 0],
  ])('ends with its own status: %s', async (script, status) => {
    const end = await run(script, { env: { PATH: process.env.PATH, A: 'b' } });
    expect(end).toMatchObject({ kind: 'command', command: { status } });
  });

  it('that cannot be started ends with 127', async () => {
    expect(await run('', { command: ['/none'] })).toMatchObject({ command: { status: 127 } });
  });

  it('is told to end, and takes its time to drain', async () => {
    const running = run('trap "sleep 0.3; exit 7" TERM; while :; do sleep 0.02; done');
    await sleep(300);
    const began = performance.now();
    stop.abort();
    expect(await running).toMatchObject({ kind: 'command', command: { status: 7 } });
    expect(performance.now() - began).toBeGreaterThan(250);
    expect(ground.child.exitCode).toBeNull();
  });

  it('is told at once where the container was told to end before', async () => {
    stop.abort();
    expect(await run('exec sleep 100')).toMatchObject({ command: { status: 143 } });
  });

  it.each(['exec sleep 100', 'trap "" TERM; while :; do sleep 0.02; done'])(
    'does not outlive the engine: %s',
    async (script) => {
      const running = run(script);
      await sleep(100);
      ground.child.kill('SIGKILL');
      expect(await running).toMatchObject({ kind: 'ground', ground: { status: 137, words: 'SIGKILL' } });
    },
  );
});
