import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { dockerSandbox } from '@drylane/worker/sandbox/docker';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { needsMounts } from '@drylane/worker/sandbox/mounts.fixture';
import { unmountOverlay } from '@drylane/worker/sandbox/overlay';
import { slot } from '@drylane/worker/sandbox/slot';
import type { WorkspaceGiver } from '@drylane/worker/sandbox/workspace';
import { beforeAll, describe, expect, it } from 'vitest';
import { leftBehind, NOTHING_LEFT } from '../hostile/host.ts';
import { DRYLANE, drylaneJson } from '../journey/drylane.ts';
import { makePlace } from '../journey/place.ts';
import { rehearsingIn } from './rehearsing.ts';

beforeAll(needsMounts);

/** A sandbox that is real but for the moment in which its workspace is taken away. */
async function sandboxTaking(stateDir: string, before: () => Promise<void>) {
  const giver: WorkspaceGiver = {
    ...slot,
    async give(request) {
      const given = await slot.give(request);
      return { ...given, take: () => before().then(() => given.take()) };
    },
  };
  return dockerSandbox({ engine: await connectEngine(), stateDir, giver });
}

describe('a sandbox that is being taken away', () => {
  it('is waited for by whoever closes, and then nothing is left', async () => {
    await using place = await makePlace('teardown');
    const begun = Promise.withResolvers<void>();
    const going = Promise.withResolvers<void>();
    const sandbox = await sandboxTaking(place.state, () => {
      begun.resolve();
      return going.promise;
    });
    const rehearsed = rehearsingIn(sandbox, 'true', place);
    await begun.promise;
    const closed = sandbox.close().then(() => leftBehind(place));
    expect(await Promise.race([closed, sleep(200, 'waits')])).toBe('waits');
    going.resolve();
    expect(await closed).toEqual(NOTHING_LEFT);
    expect((await rehearsed).evidence.complete).toBe(true);
  });

  it('is told to stay behind, and all else of it is gone', async () => {
    await using place = await makePlace('teardown');
    const sandbox = await sandboxTaking(place.state, () => Promise.reject(new Error('it sticks')));
    await expect(rehearsingIn(sandbox, 'true', place)).rejects.toMatchObject({
      code: 'sandbox-failed',
      problems: [{ message: 'something of the rehearsal could not be taken away' }],
      cause: { message: 'it sticks' },
    });
    expect(await leftBehind(place)).toEqual(NOTHING_LEFT);
    await sandbox.close();
  });
});

describe('a run on one machine whose sandbox stays behind', () => {
  it('is inconclusive, whatever it did', async () => {
    await using place = await makePlace('teardown');
    const args = [DRYLANE, 'rehearse', '--state', place.state, '--expect', 'a', '--', 'echo x > a; sleep 2'];
    const child = spawn(process.execPath, args, { cwd: place.site, stdio: ['ignore', 'ignore', 'pipe'] });
    const [ended, said] = [once(child, 'exit'), text(child.stderr)];
    const directory = await onlyIn(join(place.state, 'sandboxes'), 'merged');
    // What is mounted on is not removed, and only what is mounted below is unmounted.
    await mount('mount', '--rbind', '--make-rprivate', directory, directory);
    try {
      expect([(await ended)[0], await said]).toEqual([1, expect.stringContaining('could not be taken away')]);
    } finally {
      await mount('umount', '-R', '-l', directory);
      // And what the other one hid.
      await unmountOverlay(directory);
    }
    const { document } = drylaneJson<object>(['runs', '--state', place.state], {
      cwd: place.site,
    });
    // It has a receipt, and no evidence that could promote it.
    expect(document).toMatchObject({
      runs: [{ state: 'inconclusive', verdict: null, receipt_digest: expect.any(String) }],
    });
  });
});

/** The only directory in another one, once it has what a rehearsal that began has in it. */
async function onlyIn(directory: string, begun: string): Promise<string> {
  for (;;) {
    const [name] = await readdir(directory).catch(() => []);
    const path = join(directory, name ?? '');
    if (name !== undefined && (await readdir(path)).includes(begun)) return path;
    await sleep(10);
  }
}

async function mount(tool: 'mount' | 'umount', ...args: readonly string[]): Promise<void> {
  const [status] = await once(spawn(tool, args, { stdio: 'inherit' }), 'exit');
  if (status !== 0) throw new Error(`${tool} ended with ${status}`);
}
