import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { needsRoot } from '@drylane/chassis/rights.fixture';
import { apply } from '@drylane/worker/promote/apply';
import {
  changeSetBetween,
  dir,
  file,
  Place,
  rootUntimed,
  states,
  survey,
  timeless,
} from '@drylane/worker/promote/apply.fixture';
import { forgetApply, recover } from '@drylane/worker/promote/recover';
import { needsMounts } from '@drylane/worker/sandbox/mounts.fixture';
import { beforeAll, describe, expect, it } from 'vitest';
import { inChild, makeSet } from './apply-errand.ts';
import { type Mixed, mixed } from './apply-mixed.ts';

const RACES = Number(process.env.DRYLANE_RACES ?? 60);
const BIG = 'x'.repeat(3_000_000);
const BASE = { '': dir(), edit: file('old'), gone: dir(), 'gone/in': file('in') };
const AFTER = { '': dir(), edit: file('new'), big: file(BIG), tree: dir(), 'tree/big': file(BIG) };

/** Mounts something for the time of a test. */
function mounted(args: readonly string[], point: string): Disposable {
  execFileSync('mount', [...args, point]);
  return { [Symbol.dispose]: () => execFileSync('umount', [point]) };
}

describe('a real disk', () => {
  beforeAll(needsMounts);

  it.each(['workspace', 'workspace and state'])('that is full leaves the %s as it was', async (what) => {
    using place = new Place(BASE, AFTER, {});
    using _ = mounted(['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs'], place.live);
    execFileSync('cp', ['-a', `${place.base}/.`, place.live]);
    const stateDir = what === 'workspace' ? place.state : join(place.live, 'state');
    mkdirSync(stateDir, { recursive: true });
    const before = states(place.live);
    await expect(apply(await place.request({ stateDir }))).rejects.toMatchObject({
      code: 'machine-unfit',
      problems: [{ message: 'the disk is full', field: 'big' }],
    });
    await forgetApply(stateDir, place.runId);
    const after = states(place.live);
    // What drylane keeps of its own stands there by the test's will only.
    for (const all of [before, after]) for (const path of ['state', 'state/applies']) delete all[path];
    expect(after).toEqual(before);
  });

  it('that has no room for one more file leaves everything as it was', async () => {
    using place = new Place(BASE, { ...BASE, ...Object.fromEntries(names().map((n) => [n, file(n)])) }, {});
    using _ = mounted(['-t', 'tmpfs', '-o', 'size=2m,nr_inodes=30', 'tmpfs'], place.live);
    execFileSync('cp', ['-a', `${place.base}/.`, place.live]);
    const before = states(place.live);
    await expect(apply(await place.request())).rejects.toMatchObject({
      code: 'machine-unfit',
      problems: [{ message: 'the disk is full' }],
    });
    expect(states(place.live)).toEqual(before);
  });

  it('that is read-only leaves everything as it was', async () => {
    using place = new Place(BASE, AFTER);
    const before = survey(place.live);
    using _ = mounted(['--bind', place.live], place.live);
    execFileSync('mount', ['-o', 'remount,bind,ro', place.live]);
    await expect(apply(await place.request())).rejects.toMatchObject({
      code: 'machine-unfit',
      problems: [{ message: 'the file system is read-only' }],
    });
    expect(survey(place.live)).toEqual(before);
  });
});

/** A user who owns nothing but what a test gives it. */
const STRANGER = 65_534;

describe('a user without rights', () => {
  beforeAll(needsRoot);
  beforeAll(needsMounts);

  /** Has the stranger apply a change set to a workspace of its own, in which some paths are not. */
  async function asStranger(trees: Mixed, foreign: readonly string[] = []) {
    const place = new Place(trees.base, trees.after);
    chmodSync(place.root, 0o755);
    for (const tree of [place.base, place.after, place.live, place.state])
      execFileSync('chown', ['-R', '-h', `${STRANGER}:${STRANGER}`, tree]);
    for (const path of foreign)
      for (const tree of [place.base, place.after, place.live])
        execFileSync('chown', ['-h', '0:0', join(tree, path)]);
    const set = await makeSet(place, trees);
    const before = states(place.live);
    return { place, before, answer: await inChild('apply', set, place, 0, { user: STRANGER }) };
  }

  it('lands every kind of change, in closed directories too', async () => {
    const { place, answer } = await asStranger(mixed(0));
    using _ = place;
    expect(answer).toEqual({ result: 'promoted', merged: [] });
    expect(timeless(place.live)).toEqual(timeless(place.after));
  });

  it('is told where it may not write, and everything is as it was', async () => {
    const trees = {
      base: { ...BASE, no: dir(), 'no/in': file('1') },
      after: { ...AFTER, no: dir(), 'no/in': file('2') },
    };
    const { place, before, answer } = await asStranger({ ...trees, timed: [] }, ['no']);
    using _ = place;
    expect(answer).toMatchObject({
      code: 'machine-unfit',
      problems: [{ field: 'no/in', message: 'permission was denied' }],
    });
    expect(states(place.live)).toEqual(before);
  });

  it('is told whose mode it may not change, and everything is as it was', async () => {
    const trees = { base: { ...BASE, no: file('1') }, after: { ...AFTER, no: file('1', { mode: 0o600 }) } };
    const { place, before, answer } = await asStranger({ ...trees, timed: [] }, ['no']);
    using _ = place;
    expect(answer).toMatchObject({ code: 'machine-unfit', problems: [{ field: 'no' }] });
    expect(states(place.live)).toEqual(before);
  });

  it('is told that it cannot give away what is to be another’s, before anything landed', async () => {
    const place = new Place(BASE, AFTER);
    using _ = place;
    chmodSync(place.root, 0o755);
    execFileSync('chown', ['-R', '-h', `${STRANGER}:${STRANGER}`, place.base, place.live, place.state]);
    const set = await makeSet(place, { base: BASE, after: AFTER, timed: [] });
    const before = states(place.live);
    expect(await inChild('apply', set, place, 0, { user: STRANGER })).toMatchObject({
      code: 'machine-unfit',
      problems: [{ message: 'the system does not allow it' }],
    });
    expect(states(place.live)).toEqual(before);
  });
});

const names = (): string[] => Array.from({ length: 50 }, (_, i) => `f${i}`);

/** Swaps a directory for a link to another, and back, as fast as it can, until it is told to rest. */
const SWAPPER = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
  const { workerData: { flags, directory, aside, outside } } = require('node:worker_threads');
  const state = new Int32Array(flags);
  while (Atomics.load(state, 0) !== 2) {
    if (Atomics.load(state, 0) === 1) {
      renameSync(directory, aside);
      symlinkSync(outside, directory);
      for (let n = Math.random() * 20000; n > 0; n--);
      unlinkSync(directory);
      renameSync(aside, directory);
      for (let n = Math.random() * 200000; n > 0; n--);
      Atomics.add(state, 1, 1);
    } else { Atomics.store(state, 2, 1); Atomics.wait(state, 0, 0, 50); Atomics.store(state, 2, 0); }
  }`;

/** A thread that swaps a directory of a workspace for a link, between {@link start} and {@link rest}. */
class Swapper implements AsyncDisposable {
  readonly #state = new Int32Array(new SharedArrayBuffer(12));
  readonly #worker: Worker;

  constructor(directory: string, outside: string) {
    const workerData = { flags: this.#state.buffer, directory, aside: `${directory}.aside`, outside };
    this.#worker = new Worker(SWAPPER, { eval: true, workerData });
  }

  start(): void {
    Atomics.store(this.#state, 2, 0);
    Atomics.store(this.#state, 0, 1);
    Atomics.notify(this.#state, 0);
  }

  /** Waits until the thread is there. */
  async ready(): Promise<void> {
    while (Atomics.load(this.#state, 2) === 0) await sleep(1);
  }

  /** Waits until the directory is at its place, and stays there. The answer is how often it was swapped so far. */
  async rest(): Promise<number> {
    Atomics.store(this.#state, 0, 0);
    await this.ready();
    return Atomics.load(this.#state, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Atomics.store(this.#state, 0, 2);
    Atomics.notify(this.#state, 0);
    await this.#worker.terminate();
  }
}

describe('a directory that is swapped for a link out of the workspace', () => {
  it(
    'never takes a byte of it outside, and the outcome is always true',
    async () => {
      const base = {
        '': dir(),
        d: dir(),
        'd/edit': file('old'),
        'd/gone': file('x'),
        'd/mode': file('m'),
        a: file('1'),
      };
      const after = {
        ...{ '': dir(), d: dir(), 'd/edit': file('new'), 'd/mode': file('m', { mode: 0o600 }), a: file('2') },
        ...{ 'd/new': file('n'), 'd/tree': dir(), 'd/tree/in': file('t') },
      };
      using plan = new Place(base, after);
      const made = await changeSetBetween(plan.base, plan.after);
      let swaps = 0;
      for (let round = 0; round < RACES; round++) {
        using place = new Place(base, after);
        const outside = join(place.root, 'outside');
        mkdirSync(outside);
        for (const name of ['edit', 'gone', 'mode'])
          writeFileSync(join(outside, name), { edit: 'old', gone: 'x', mode: 'm' }[name] ?? '');
        chmodSync(outside, 0o755);
        const [before, untouched] = [states(place.live), survey(outside)];
        await using swapper = new Swapper(join(place.live, 'd'), outside);
        await swapper.ready();
        swapper.start();
        await sleep(Math.random() * 5);
        const outcome = await apply(place.requestOf(made)).catch((cause: unknown) => cause);
        swaps += await swapper.rest();
        let result = outcome instanceof Error ? 'refused' : (outcome as { result: string }).result;
        if (result === 'unknown') result = (await recover(place.state))[0]?.result ?? 'none';
        expect(survey(outside), `round ${round}: ${result}`).toEqual(untouched);
        if (result === 'promoted') expect(timeless(place.live)).toEqual(timeless(place.after));
        else
          expect(rootUntimed(states(place.live)), `round ${round}: ${result}`).toEqual(rootUntimed(before));
        expect(readdirSync(place.live).filter((name) => name.startsWith('.drylane'))).toEqual([]);
      }
      expect(swaps).toBeGreaterThan(RACES);
    },
    60_000 + RACES * 2_000,
  );
});
