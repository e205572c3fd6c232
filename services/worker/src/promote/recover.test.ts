import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dir, file, Place, plant, states, survey, timeless } from './apply.fixture.ts';
import { apply } from './apply.ts';
import type { Disk } from './disk.ts';
import { faultyDisk } from './faulty.fixture.ts';
import { forgetApply, recover, recoverRun } from './recover.ts';

const BASE = { '': dir(), edit: file('old'), gone: dir(), 'gone/in': file('in'), bye: file('bye') };
const AFTER = { '': dir(), edit: file('new'), add: file('a'), tree: dir(), 'tree/in': file('t') };

/** Leaves a workspace as a process does that died right before a call. */
async function died(place: Place, call: keyof Disk, nth: number): Promise<string> {
  const { disk } = faultyDisk({ call, nth }, { kind: 'fail', code: 'EIO', lasting: true });
  await apply(await place.request(), disk).catch(() => undefined);
  return join(place.live, `.drylane-${place.runId}`);
}

/** The last rename of the effects: everything before it has happened. */
const LATE = ['rename', 4] as const;
/** The look at where the workspace stands: all effects have happened, and nothing is committed. */
const VERIFYING = ['stat', 6] as const;

describe('recovery', () => {
  it('finds nothing where nothing was begun', async () => {
    using place = new Place(BASE, AFTER);
    expect(await recover(place.state)).toEqual([]);
    expect(await recoverRun(place.state, place.runId)).toBeUndefined();
    await forgetApply(place.state, place.runId);
  });

  it('tells of an apply that ended until it is forgotten', async () => {
    using place = new Place(BASE, AFTER);
    await apply(await place.request());
    const told = { runId: place.runId, result: 'promoted', conflicts: [], merged: [] };
    for (let i = 0; i < 2; i++) expect(await recover(place.state)).toEqual([told]);
    expect(await recoverRun(place.state, place.runId)).toEqual(told);
    await forgetApply(place.state, place.runId);
    expect(await recover(place.state)).toEqual([]);
  });

  it('tells nothing of one that another process ended, which is about to tell itself', async () => {
    using place = new Place(BASE, AFTER);
    await apply(await place.request());
    const journal = join(place.state, 'applies', place.runId, 'journal');
    const text = readFileSync(journal, 'utf8');
    // The first process of this machine, or of this container, lives as long as the test does.
    const init = readFileSync('/proc/1/stat', 'latin1').split(') ')[1]?.split(' ')[19];
    writeFileSync(journal, text.replace(/("owner":"[0-9a-f]+-\d+-)\d+-\d+"/, `$11-${init}"`));
    expect(await recover(place.state)).toEqual([]);
    expect(await recoverRun(place.state, place.runId)).toMatchObject({ result: 'promoted' });
  });

  it('brings back what a death left half done, and the run can be applied again', async () => {
    using place = new Place(BASE, AFTER);
    const before = states(place.live);
    await died(place, ...LATE);
    expect(states(place.live)).not.toEqual(before);
    await expect(apply(await place.request())).rejects.toMatchObject({ code: 'not-promotable' });
    // An end that is not reached yet is not forgotten.
    await forgetApply(place.state, place.runId);
    expect(await recover(place.state)).toEqual([
      { runId: place.runId, result: 'rolled-back', conflicts: [], merged: [] },
    ]);
    expect(states(place.live)).toEqual(before);
    expect(await apply(await place.request())).toMatchObject({ result: 'promoted' });
    expect(timeless(place.live)).toEqual(timeless(place.after));
  });

  const DEEP = { '': dir(), d: dir(), 'd/edit': file('old'), 'd/gone': file('x') };
  const DEEPER = { '': dir(), d: dir(), 'd/edit': file('new'), 'd/add': file('y') };
  const timeOf = (path: string): bigint => statSync(path, { bigint: true }).mtimeNs;

  it('gives directories their times back, unless somebody else added to one or took from it since', async () => {
    for (const meddle of [undefined, 'd/theirs', 'theirs']) {
      using place = new Place(DEEP, DEEPER);
      const [root, d] = [timeOf(place.live), timeOf(join(place.live, 'd'))];
      await died(place, ...VERIFYING);
      expect(timeOf(join(place.live, 'd'))).not.toBe(d);
      if (meddle !== undefined) writeFileSync(join(place.live, meddle), 'theirs');
      expect(await recover(place.state)).toMatchObject([{ result: 'rolled-back' }]);
      expect(timeOf(place.live) === root, `root, ${meddle}`).toBe(meddle !== 'theirs');
      expect(timeOf(join(place.live, 'd')) === d, `d, ${meddle}`).toBe(meddle !== 'd/theirs');
    }
  });

  it('leaves the root its time, where what lands concerns other directories', async () => {
    for (const isKilled of [false, true]) {
      using place = new Place(DEEP, DEEPER);
      const root = timeOf(place.live);
      if (isKilled) {
        await died(place, 'unlink', 1);
        expect(await recover(place.state)).toMatchObject([{ result: 'promoted' }]);
      } else expect(await apply(await place.request())).toMatchObject({ result: 'promoted' });
      expect(timeOf(place.live)).toBe(root);
    }
  });

  it('never overwrites what somebody made since, keeps what was there before, and can be done once more', async () => {
    using place = new Place(BASE, AFTER);
    const stage = await died(place, ...LATE);
    expect(existsSync(join(place.live, 'gone'))).toBe(false);
    writeFileSync(join(place.live, 'gone'), 'theirs');
    for (let i = 0; i < 2; i++) {
      expect(await recover(place.state)).toEqual([
        { runId: place.runId, result: 'unknown', conflicts: ['gone'], merged: [] },
      ]);
      expect(readFileSync(join(place.live, 'gone'), 'utf8')).toBe('theirs');
      expect(existsSync(stage)).toBe(true);
    }
    rmSync(join(place.live, 'gone'));
    expect(await recover(place.state)).toMatchObject([{ result: 'rolled-back' }]);
    expect(timeless(place.live)).toEqual(timeless(place.base));
  });

  it('leaves what landed, once it was committed, whatever is done to it', async () => {
    using place = new Place(BASE, AFTER);
    await died(place, 'unlink', 1);
    appendFileSync(join(place.live, 'add'), ' theirs');
    expect(await recover(place.state)).toMatchObject([{ result: 'promoted' }]);
    expect(readFileSync(join(place.live, 'add'), 'utf8')).toBe('a theirs');
    expect(readdirSync(place.live).sort()).toEqual(['add', 'edit', 'tree']);
  });

  it.each(['add', 'edit', 'tree/in', 'tree/more'])(
    'takes nothing away that somebody wrote: %s',
    async (path) => {
      using place = new Place(BASE, AFTER);
      await died(place, ...VERIFYING);
      appendFileSync(join(place.live, path), ' theirs');
      const conflicts = [path.split('/')[0]];
      for (let i = 0; i < 2; i++)
        expect(await recover(place.state)).toMatchObject([{ result: 'unknown', conflicts }]);
      expect(readFileSync(join(place.live, path), 'utf8')).toMatch(/ theirs$/);
      expect(Object.keys(states(place.live))).toContain('gone/in');
    },
  );

  it('does not follow a link that was put where a directory was', async () => {
    using place = new Place(
      { '': dir(), d: dir(), 'd/edit': file('old'), 'd/gone': file('x') },
      { '': dir(), d: dir(), 'd/edit': file('new') },
    );
    await died(place, ...VERIFYING);
    plant(place.root, { outside: dir() });
    const outside = join(place.root, 'outside');
    renameSync(join(place.live, 'd'), join(place.live, 'aside'));
    symlinkSync(outside, join(place.live, 'd'));
    const untouched = survey(outside);
    expect(await recover(place.state)).toMatchObject([{ result: 'unknown' }]);
    expect(survey(outside)).toEqual(untouched);
    rmSync(join(place.live, 'd'));
    renameSync(join(place.live, 'aside'), join(place.live, 'd'));
    expect(await recover(place.state)).toMatchObject([{ result: 'rolled-back' }]);
    expect(timeless(place.live)).toEqual(timeless(place.base));
  });

  it('does not touch another directory that stands where the workspace was', async () => {
    using place = new Place(BASE, AFTER);
    await died(place, ...LATE);
    const moved = join(place.root, 'moved');
    renameSync(place.live, moved);
    expect(await recover(place.state)).toMatchObject([{ result: 'unknown', conflicts: ['.'] }]);
    mkdirSync(place.live);
    plant(place.live, BASE);
    const before = survey(place.live);
    expect(await recover(place.state)).toMatchObject([{ result: 'unknown', conflicts: ['.'] }]);
    expect(survey(place.live)).toEqual(before);
    rmSync(place.live, { recursive: true });
    renameSync(moved, place.live);
    expect(await recover(place.state)).toMatchObject([{ result: 'rolled-back' }]);
  });

  it('is unknown, once and for all, where somebody took the stage away', async () => {
    using place = new Place(BASE, AFTER);
    const stage = await died(place, ...LATE);
    rmSync(stage, { recursive: true });
    for (let i = 0; i < 2; i++) expect(await recover(place.state)).toMatchObject([{ result: 'unknown' }]);
    await forgetApply(place.state, place.runId);
    expect(await recover(place.state)).toEqual([]);
  });

  it('takes away no other directory that stands by the name of the stage', async () => {
    // Nothing is planned yet; all is committed, and the stage stands; an effect has happened.
    for (const [call, nth, result] of [
      ['create', 1, 'rolled-back'],
      ['unlink', 1, 'promoted'],
      ['rename', 4, 'unknown'],
    ] as const) {
      using place = new Place(BASE, AFTER);
      const stage = await died(place, call, nth);
      renameSync(stage, join(place.root, 'aside'));
      plant(place.root, { theirs: dir(), 'theirs/in': file('in') });
      renameSync(join(place.root, 'theirs'), stage);
      expect(await recover(place.state)).toMatchObject([{ result }]);
      expect(readFileSync(join(stage, 'in'), 'utf8')).toBe('in');
    }
  });

  it('takes nothing away by its name alone, where it died before the stage was written down', async () => {
    using place = new Place(BASE, AFTER);
    // The journal's first record is written, and then the stage's.
    const stage = await died(place, 'write', 2);
    const empty = survey(stage);
    expect([...empty.keys()]).toEqual(['.']);
    writeFileSync(join(stage, 'theirs'), '');
    expect(await recover(place.state)).toMatchObject([{ result: 'rolled-back' }]);
    expect(readdirSync(stage)).toEqual(['theirs']);
    await expect(apply(await place.request())).rejects.toMatchObject({ code: 'not-promotable' });
    rmSync(stage, { recursive: true });
    expect(await apply(await place.request())).toMatchObject({ result: 'promoted' });
  });

  it('tells which texts were merged, where it died after that was settled', async () => {
    const text = (...lines: readonly string[]) => file(`${lines.join('\n')}\n`);
    const base = { '': dir(), t: text('1', '2', '3', '4', '5', '6') };
    using place = new Place(
      base,
      { '': dir(), t: text('1', '2', '3', '4', '5', 'six') },
      { '': dir(), t: text('one', '2', '3', '4', '5', '6') },
    );
    const { disk } = faultyDisk({ call: 'rmdir', nth: 1 }, { kind: 'fail', code: 'EIO', lasting: true });
    await apply(await place.request({ merge: true }), disk).catch(() => undefined);
    expect(await recover(place.state)).toMatchObject([{ result: 'promoted', merged: ['t'] }]);
  });

  it('is unknown where the journal is spoilt, and touches nothing', async () => {
    using place = new Place(BASE, AFTER);
    await died(place, ...LATE);
    const before = survey(place.live);
    appendFileSync(join(place.state, 'applies', place.runId, 'journal'), 'not ours\n');
    expect(await recover(place.state)).toMatchObject([{ result: 'unknown' }]);
    await forgetApply(place.state, place.runId);
    expect(readdirSync(join(place.state, 'applies'))).toEqual([place.runId]);
    expect(survey(place.live)).toEqual(before);
  });
});
