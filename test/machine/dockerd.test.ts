import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitOf } from './command.ts';
import { type DockerdSettings, startDockerd, stopDockerd } from './dockerd.ts';
import { askEngine, engineAt } from './engine.ts';
import { isAlive, readRecord, recordOf, writeRecord } from './record.ts';

const root = process.getuid?.() === 0;
const quick = { patienceMs: 20_000 };

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drylane-dockerd-'));
});
afterEach(async () => {
  // dockerd leaves the mount of its own network namespace behind.
  const mounted = join(scratch, 'exec', 'netns', 'default');
  if (existsSync(mounted))
    await exitOf({ program: 'umount', args: [mounted], env: process.env, log: '/dev/null' });
  await rm(scratch, { recursive: true });
});

// In a network namespace of its own: with --bridge=none a second engine would remove the first one's docker0.
function secondEngine(): DockerdSettings {
  const socket = join(scratch, 'docker.sock');
  const places = ['data-root', 'exec-root', 'pidfile'].map(
    (name) => `--${name}=${join(scratch, name.slice(0, 4))}`,
  );
  const quiet = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'];
  return {
    docker: engineAt(socket),
    command: ['unshare', '--net', '--', 'dockerd', `--host=unix://${socket}`, ...places, ...quiet],
    env: process.env,
    log: join(scratch, 'dockerd.log'),
    record: join(scratch, 'engine.json'),
    ...quick,
  };
}

describe('an engine that we start', () => {
  it('answers, is noted down, and ends when it is told to; without the right, starting it names the log', async () => {
    const settings = secondEngine();
    if (!root) {
      await expect(startDockerd(settings)).rejects.toMatchObject({ code: 'machine-unfit' });
      return;
    }
    const record = await startDockerd(settings);
    expect((await askEngine(settings.docker)).kind).toBe('ready');
    expect(await readRecord(settings.record)).toEqual(record);

    expect(await stopDockerd(settings.record, quick.patienceMs)).toEqual({
      kind: 'stopped',
      pid: record.pid,
    });
    expect(await isAlive(record)).toBe(false);
    expect((await askEngine(settings.docker)).kind).toBe('absent');
    expect(await stopDockerd(settings.record, quick.patienceMs)).toEqual({ kind: 'none' });
  });

  it('is not waited for when it ends early, and leaves no note', async () => {
    const settings = { ...secondEngine(), command: ['sh', '-c', 'echo no cgroup >&2; exit 3'] };
    await expect(startDockerd(settings)).rejects.toMatchObject({
      code: 'machine-unfit',
      problems: [{ message: expect.stringContaining('ended with 3'), mend: `see ${settings.log}` }],
    });
    expect(await readRecord(settings.record)).toBeNull();
  });

  it('is ended when it never answers', async () => {
    const settings = { ...secondEngine(), command: ['sleep', '1000'], patienceMs: 300 };
    await expect(startDockerd(settings)).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('no answer') }],
    });
    expect(await readRecord(settings.record)).toBeNull();
  });

  it('must be installed', async () => {
    const settings = { ...secondEngine(), command: ['no-such-engine'] };
    await expect(startDockerd(settings)).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('no-such-engine is not installed') }],
    });
  });
});

describe('stopDockerd', () => {
  it('leaves a process alone that merely has the pid that was noted down', async () => {
    const bystander = spawn('sleep', ['1000']);
    try {
      const record = await recordOf(bystander.pid ?? 0);
      const file = join(scratch, 'engine.json');
      await writeRecord(file, { ...record, identity: `${record.identity}0` });
      expect(await stopDockerd(file, 1000)).toEqual({ kind: 'gone', pid: record.pid });
      expect(await isAlive(record)).toBe(true);
      expect(await readRecord(file)).toBeNull();
    } finally {
      bystander.kill('SIGKILL');
      await once(bystander, 'close');
    }
  });

  it('keeps the note of a process that ignores it', async () => {
    const stubborn = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 1; done']);
    try {
      await once(stubborn.stdout, 'data');
      const record = await recordOf(stubborn.pid ?? 0);
      const file = join(scratch, 'engine.json');
      await writeRecord(file, record);
      expect(await stopDockerd(file, 200)).toEqual({ kind: 'still-running', pid: record.pid });
      expect(await readRecord(file)).toEqual(record);
    } finally {
      stubborn.kill('SIGKILL');
      await once(stubborn, 'close');
    }
  });
});
