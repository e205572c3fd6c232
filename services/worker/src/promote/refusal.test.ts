import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfJson } from '@drylane/proto/digest';
import { describe, expect, it } from 'vitest';
import { changeSetBetween, dir, file, inPieces, type Made, Place, survey } from './apply.fixture.ts';
import { apply } from './apply.ts';
import { lockDirectory } from './lock.ts';
import { forgetApply, recoverRun } from './recover.ts';

const BASE = { '': dir(), a: file('1'), d: dir(), 'd/x': file('x') };
const AFTER = { '': dir(), a: file('2'), b: file('3'), c: file('4') };

/** Applies, expects an error of that code, and that nothing at all happened to the workspace. */
async function refused(
  place: Place,
  code: string,
  more: Parameters<Place['request']>[0] = {},
): Promise<void> {
  const before = survey(place.live);
  await expect(apply(await place.request(more))).rejects.toMatchObject({ code });
  expect(states(survey(place.live))).toEqual(states(before));
}

/** Without the times of directories, in which a stage may have come and gone. */
const states = (seen: ReturnType<typeof survey>) =>
  [...seen].map(([path, { state, mtimeNs, ino }]) => [path, state, ino, state.type === 'dir' ? 0 : mtimeNs]);

describe('a promotion is refused', () => {
  it('while another one has the workspace', async () => {
    using place = new Place(BASE, AFTER);
    const fd = openSync(place.live, 'r');
    await lockDirectory(fd, place.live);
    await refused(place, 'not-promotable');
    closeSync(fd);
    expect(await apply(await place.request())).toMatchObject({ result: 'promoted' });
  });

  it('while another process has the workspace, and not after its death', async () => {
    using place = new Place(BASE, AFTER);
    await using holder = await holdLock(place.live);
    await refused(place, 'not-promotable');
    holder.child.kill('SIGKILL');
    await once(holder.child, 'exit');
    expect(await apply(await place.request())).toMatchObject({ result: 'promoted' });
  });

  it('where the lock cannot be asked for', async () => {
    using place = new Place(BASE, AFTER);
    const fd = openSync(place.live, 'r');
    await expect(lockDirectory(fd, place.live, 'no-such-program')).rejects.toMatchObject({
      code: 'machine-unfit',
    });
    await expect(lockDirectory(fd, place.live, 'sh')).rejects.toMatchObject({ code: 'machine-unfit' });
    closeSync(fd);
  });

  it('where there is no such workspace, or it is no directory', async () => {
    using place = new Place(BASE, AFTER);
    await refused(place, 'machine-unfit', { workspace: join(place.root, 'none') });
    await refused(place, 'machine-unfit', { workspace: join(place.live, 'a') });
  });

  it('where the stage has its name taken, in the workspace or in the change set', async () => {
    using place = new Place(BASE, AFTER);
    const stage = join(place.live, `.drylane-${place.runId}`);
    for (const make of [() => mkdirSync(stage), () => writeFileSync(stage, 'planted')]) {
      make();
      await refused(place, 'not-promotable');
      rmSync(stage, { recursive: true });
    }
    mkdirSync(join(place.after, `.drylane-${place.runId}`));
    await refused(place, 'not-promotable');
  });

  it('where it has landed already, until its end is known elsewhere', async () => {
    using place = new Place(BASE, AFTER);
    expect(await apply(await place.request())).toMatchObject({ result: 'promoted' });
    await refused(place, 'not-promotable');
    expect(await recoverRun(place.state, place.runId)).toMatchObject({ result: 'promoted' });
    await forgetApply(place.state, place.runId);
    expect(await recoverRun(place.state, place.runId)).toBeUndefined();
    expect(await apply(await place.request())).toMatchObject({ result: 'drifted' });
  });

  it('where the journal cannot be written', async () => {
    using place = new Place(BASE, AFTER);
    rmSync(place.state, { recursive: true });
    writeFileSync(place.state, 'a file in the way');
    await refused(place, 'machine-unfit');
  });

  it('for a name that is no run’s', async () => {
    using place = new Place(BASE, AFTER);
    for (const runId of ['../../escape', '', 'run_', `${'run_01HF7YAT0060RK4CSM6MV3EE1T'}/x`]) {
      await expect(apply(await place.request({ runId }))).rejects.toThrow();
      expect(readdirSync(place.state)).toEqual([]);
    }
  });
});

describe('a change set that was altered is refused', () => {
  it('in its manifest', async () => {
    using place = new Place(BASE, AFTER);
    const made = await changeSetBetween(place.base, place.after);
    const entries = made.changeSet.entries.slice(1);
    await expect(
      apply(place.requestOf({ ...made, changeSet: { ...made.changeSet, entries } })),
    ).rejects.toMatchObject({ code: 'internal' });
  });

  it('in its layer, in any byte of it', async () => {
    using place = new Place(BASE, AFTER);
    const made = await changeSetBetween(place.base, place.after);
    const before = survey(place.live);
    for (let at = 0; at < made.layer.length; at += 97) {
      const layer = Buffer.from(made.layer);
      layer[at] = (layer[at] ?? 0) ^ 1;
      await expect(
        apply(place.requestOf(made, { layer: () => inPieces(layer) })),
        `${at}`,
      ).rejects.toMatchObject({
        code: 'internal',
      });
    }
    await expect(
      apply(place.requestOf(made, { layer: () => inPieces(made.layer.subarray(0, -512)) })),
    ).rejects.toMatchObject({ code: 'internal' });
    expect(states(survey(place.live))).toEqual(states(before));
    expect(readdirSync(place.live).sort()).toEqual(['a', 'd']);
  });

  it('where its layer holds other files than it says, though the digests are right', async () => {
    using place = new Place(BASE, AFTER);
    const made = await changeSetBetween(place.base, place.after);
    const other = await changeSetBetween(place.after, place.base);
    const request = resealed(made, { layer: other.changeSet.layer });
    await expect(
      apply(place.requestOf(request, { layer: () => inPieces(other.layer) })),
    ).rejects.toMatchObject({ code: 'internal' });
    expect(readdirSync(place.live).sort()).toEqual(['a', 'd']);
  });
});

describe('a change set that could not land anywhere is refused', () => {
  const fresh = { type: 'file', size: 0, mode: '0644', uid: 0, gid: 0, target: null } as const;
  const empty = { ...fresh, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };
  const directory = { ...fresh, type: 'dir', sha256: null, mode: '0755' } as const;

  it.each([
    [
      'a fifo that comes',
      [{ path: 'p', kind: 'added', before: null, after: { ...directory, type: 'fifo' } }],
    ],
    [
      'a device that comes',
      [{ path: 'p', kind: 'added', before: null, after: { ...directory, type: 'device' } }],
    ],
    [
      'a set-user-id bit that comes',
      [{ path: 'p', kind: 'added', before: null, after: { ...empty, mode: '4755' } }],
    ],
    [
      'a file of unknown contents',
      [{ path: 'p', kind: 'added', before: null, after: { ...empty, sha256: null } }],
    ],
    ['the workspace that goes', [{ path: '.', kind: 'deleted', before: directory, after: null }]],
    [
      'something that stays in a directory that goes',
      [
        { path: 'd', kind: 'deleted', before: directory, after: null },
        { path: 'd/x', kind: 'mode', before: empty, after: { ...empty, mode: '0600' } },
      ],
    ],
    [
      'something that was in a directory that comes',
      [
        { path: 'd', kind: 'added', before: null, after: directory },
        { path: 'd/x', kind: 'deleted', before: empty, after: null },
      ],
    ],
  ] as const)('%s', async (_, entries) => {
    using place = new Place(BASE, AFTER);
    const made = await changeSetBetween(place.base, place.after);
    const wrong = resealed(made, { entries: entries.map((entry) => ({ ...entry, mtime: null })) });
    const before = survey(place.live);
    await expect(apply(place.requestOf(wrong))).rejects.toMatchObject({ code: 'not-promotable' });
    expect(survey(place.live)).toEqual(before);
  });
});

/** The same with another manifest, and the digest that belongs to it. */
function resealed(made: Made, more: Partial<Made['changeSet']>): Made {
  const changeSet = { ...made.changeSet, ...more };
  return { ...made, changeSet, digest: digestOfJson(changeSet) };
}

async function holdLock(path: string): Promise<{ child: ChildProcess } & AsyncDisposable> {
  const child = spawn('flock', ['-x', '-o', path, 'sh', '-c', 'echo held; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await once(child.stdout, 'data');
  return {
    child,
    [Symbol.asyncDispose]: async () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    },
  };
}
