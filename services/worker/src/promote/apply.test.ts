import { linkSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsRoot } from '@drylane/chassis/rights.fixture';
import { describe, expect, it } from 'vitest';
import { dir, file, link, Place, plant, states, survey, timeless } from './apply.fixture.ts';
import { apply } from './apply.ts';

const LANDED = { result: 'promoted', merged: [] };

async function land(place: Place, timed: readonly string[] = []): Promise<void> {
  expect(await apply(await place.request({ timed }))).toEqual(LANDED);
  expect(timeless(place.live)).toEqual(timeless(place.after));
}

describe('a change set that lands', () => {
  it('leaves what it does not name as it was, and nothing of ours', async () => {
    const mine = {
      keep: file('kept', { mtime: 1_500_000_000 }),
      d: dir(),
      'd/keep': link('keep', { mtime: 9 }),
    };
    using place = new Place(
      { '': dir(), ...mine, 'd/edit': file('1') },
      { '': dir(), ...mine, 'd/edit': file('2') },
    );
    const before = survey(place.live);
    await land(place);
    const after = survey(place.live);
    for (const path of ['keep', 'd/keep']) expect(after.get(path)).toEqual(before.get(path));
    expect(readdirSync(place.live).sort()).toEqual(['d', 'keep']);
  });

  it.each([0, 0o777])('has the modes that were rehearsed, whatever the umask: %o', async (umask) => {
    // Nobody else may work with the files that they make under an umask of 0777.
    if (umask !== 0) needsRoot();
    const modes = [0, 0o1, 0o200, 0o400, 0o444, 0o644, 0o777];
    const files = Object.fromEntries(modes.map((mode) => [`f${mode}`, file(`${mode}`, { mode })]));
    const dirs = Object.fromEntries(
      [0o500, 0o700, 0o1777, 0o2775, 0o3777].map((mode) => [`d${mode}`, dir({ mode })]),
    );
    using place = new Place(
      { '': dir() },
      { '': dir({ mode: 0o750 }), ...files, ...dirs, 'd448/in': file('in') },
    );
    const request = await place.request();
    const old = process.umask(umask);
    try {
      expect(await apply(request)).toEqual(LANDED);
    } finally {
      process.umask(old);
    }
    expect(timeless(place.live)).toEqual(timeless(place.after));
  });

  it('has the owners that were rehearsed, and set-id bits that were there before', async () => {
    needsRoot();
    const base = {
      '': dir(),
      tool: file('1', { mode: 0o6755, uid: 5 }),
      d: dir(),
      l: link('a'),
      m: file('m'),
    };
    using place = new Place(base, {
      '': dir({ uid: 3, gid: 4 }),
      tool: file('2', { mode: 0o4755, uid: 6, gid: 7 }),
      d: dir({ uid: 8, mode: 0o2755 }),
      l: link('a', { uid: 9 }),
      m: file('m', { gid: 10 }),
      'new': dir({ gid: 11 }),
      'new/l': link('../m', { uid: 12, gid: 13 }),
      'new/f': file('f', { uid: 14 }),
    });
    await land(place);
  });

  it('has every name that a file system has', async () => {
    const names = [
      '-rf',
      '--',
      ' ',
      'new\nline',
      'back\\slash',
      '\\x41',
      '*',
      '.hidden',
      'ünï',
      '"',
      "'",
      '$x',
    ];
    const files = Object.fromEntries(
      names.flatMap((n) => [
        [n, dir()],
        [`${n}/${n}`, file(n)],
      ]),
    );
    using place = new Place({ '': dir() }, { '': dir(), ...asBytes(files) });
    await land(place);
    using back = new Place({ '': dir(), ...asBytes(files) }, { '': dir() });
    await land(back);
  });

  it('takes away names that are no text', async () => {
    using place = new Place(
      { '': dir(), 'bad\xff': file('x'), 'dir\xfe': dir(), 'dir\xfe/\x80': link('y') },
      { '': dir() },
    );
    await land(place);
  });

  it('has the times that the command set, and leaves the others to now', async () => {
    const timed = ['in/f', 'in', 'in/l', 'm', 'd', '.'];
    using place = new Place(
      { '': dir(), m: file('m', { mode: 0o600 }), d: dir({ mode: 0o500 }) },
      {
        '': dir({ mode: 0o700, mtime: 1_000_000_000 }),
        m: file('m', { mode: 0o644, mtime: 1_234_567_890.123456 }),
        d: dir({ mode: 0o755, mtime: 0 }),
        'd/new': file('d'),
        in: dir({ mtime: 1_600_000_000.5 }),
        'in/f': file('f', { mtime: -1_000 }),
        'in/l': link('f', { mtime: 2_500_000_000 }),
      },
    );
    const began = BigInt(Date.now()) * 1_000_000n;
    await land(place, timed);
    const [live, after] = [survey(place.live), survey(place.after)];
    for (const path of timed)
      expect(microseconds(live.get(path)?.mtimeNs), path).toBe(microseconds(after.get(path)?.mtimeNs));
    // A file system's clock may be a tick behind.
    expect(live.get('d/new')?.mtimeNs).toBeGreaterThan(began - 1_000_000_000n);
  });

  it('leaves the other names of a file alone, wherever they are', async () => {
    using place = new Place(
      { '': dir(), mode: file('m'), edit: file('old'), gone: file('bye') },
      { '': dir(), mode: file('m', { mode: 0o777 }), edit: file('new') },
    );
    const outside = join(place.root, 'outside');
    plant(place.root, { outside: dir() });
    for (const name of ['mode', 'edit', 'gone']) linkSync(join(place.live, name), join(outside, name));
    const before = survey(outside);
    await land(place);
    expect(survey(outside)).toEqual(before);
  });

  it('may name two names of one file', async () => {
    using place = new Place(
      { '': dir(), a: file('x'), b: file('x') },
      { '': dir(), a: file('1'), b: file('2') },
    );
    writeFileSync(join(place.live, 'a'), 'x');
    linkSync(join(place.live, 'a'), join(place.live, 'c'));
    plant(place.base, { c: file('x') });
    plant(place.after, { c: file('x', { mode: 0o600 }) });
    await land(place);
    expect(lstatSync(join(place.live, 'c')).nlink).toBe(1);
  });

  it('may be deep, and wide', async () => {
    const deep = Object.fromEntries(
      Array.from({ length: 40 }, (_, depth) => [`${'x'.repeat(60)}/`.repeat(depth + 1).slice(0, -1), dir()]),
    );
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, file(`${i}`)]));
    using place = new Place({ '': dir(), ...wide }, { '': dir(), ...deep });
    await land(place);
    using back = new Place({ '': dir(), ...deep }, { '': dir(), ...wide });
    await land(back);
  });

  it('may be made of big files', async () => {
    const big = 'line of a big file\n'.repeat(200_000);
    using place = new Place(
      { '': dir(), a: file(`${big}1`) },
      { '': dir(), a: file(`${big}2`), b: file(big) },
    );
    await land(place);
  });

  it('can be followed by the next one of another run', async () => {
    using place = new Place({ '': dir(), a: file('1') }, { '': dir(), a: file('2') });
    await land(place);
    const outcome = await apply(await place.request({ runId: 'run_01HF7YAT0060RK4CSM6MV3EE1T' }));
    expect(outcome).toMatchObject({ result: 'drifted', drifts: [{ path: 'a' }] });
    expect(states(place.live).a).toMatch(/^file 0644/);
  });
});

const microseconds = (ns: bigint | undefined): bigint => (ns ?? 0n) / 1000n;

/** Names as bytes, one to a character. */
const asBytes = <T>(things: Record<string, T>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(things).map(([name, thing]) => [Buffer.from(name).toString('latin1'), thing]),
  );
