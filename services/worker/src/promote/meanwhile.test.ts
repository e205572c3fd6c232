import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { changeSetBetween, dir, file, link, Place, timeless } from './apply.fixture.ts';
import { apply } from './apply.ts';
import { type Disk, realDisk } from './disk.ts';
import { faultyDisk } from './faulty.fixture.ts';
import { recover } from './recover.ts';

const BASE = {
  ...{ '': dir(), edit: file('old'), mode: file('m'), swap: file('s'), link: link('old') },
  ...{ d: dir(), 'd/in': file('in'), 'd/sub': dir() },
};
const AFTER = {
  ...{ '': dir(), edit: file('new'), mode: file('m', { mode: 0o600 }), swap: dir(), 'swap/in': file('s') },
  ...{ link: link('new'), add: file('a'), tree: dir(), 'tree/in': file('t') },
};

/** What somebody else may do to a workspace; nothing where what it is done to is not there. */
const DEEDS: Readonly<Record<string, (root: string) => void>> = {
  'writes to a file that is edited': (root) => appendTo(join(root, 'edit')),
  'writes to a file whose mode changes': (root) => appendTo(join(root, 'mode')),
  'makes a file where one is added': (root) => writeFileSync(join(root, 'add'), 'theirs'),
  'makes a directory where one is added': (root) => {
    mkdirSync(join(root, 'tree'), { recursive: true });
    writeFileSync(join(root, 'tree/theirs'), 'theirs');
  },
  'adds a file to a directory that goes': (root) => into(join(root, 'd/sub'), 'theirs'),
  'replaces a file in a directory that goes': (root) => into(join(root, 'd'), 'in'),
  'takes a file away that is edited': (root) => rmSync(join(root, 'edit'), { force: true }),
  'replaces a file that is edited': (root) => replaceFile(root, 'edit'),
  'replaces a file that becomes a directory': (root) => replaceFile(root, 'swap'),
};

function appendTo(path: string): void {
  if (existsSync(path)) appendFileSync(path, ' theirs');
}

function into(directory: string, name: string): void {
  if (existsSync(directory)) writeFileSync(join(directory, name), 'theirs');
}

function replaceFile(root: string, name: string): void {
  const path = join(root, name);
  writeFileSync(`${path}~`, 'theirs');
  try {
    renameSync(`${path}~`, path);
  } catch {
    rmSync(`${path}~`);
  }
}

/** The real system, but that somebody does something right after a call that `when` tells of. */
function meddled(when: (call: string, paths: readonly unknown[]) => boolean, act: () => void): Disk {
  let done = false;
  return new Proxy(realDisk, {
    get(target, name: keyof Disk) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return (...given: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(call, target, given);
        if (!done && when(name, given)) {
          done = true;
          act();
        }
        return answer;
      };
    },
  });
}

const endsWith = (path: unknown, name: string): boolean =>
  Buffer.isBuffer(path) && `${path}`.endsWith(`/${name}`);

describe('somebody who is as quick as can be', () => {
  const CLOSED = { '': dir(), d: dir({ mode: 0o555 }) };

  it('gets no rights to what they put in the place of a closed directory that has just come', async () => {
    using place = new Place({ '': dir() }, CLOSED);
    const [at, evil] = [join(place.live, 'd'), join(place.root, 'evil')];
    writeFileSync(evil, 'secret', { mode: 0o600 });
    const disk = meddled(
      (call, [, to]) => call === 'rename' && endsWith(to, 'd'),
      () => {
        renameSync(at, join(place.root, 'aside'));
        renameSync(evil, at);
      },
    );
    await apply(await place.request(), disk).catch(() => undefined);
    const found = [at, evil].filter((path) => existsSync(path) && statSync(path).isFile());
    expect(found.map((path) => statSync(path).mode & 0o7777)).toEqual([0o600]);
  });

  it.each([0o755, 0o700])('has no directory of theirs taken for the stage, mode %o', async (mode) => {
    using place = new Place(BASE, AFTER);
    const stage = join(place.live, `.drylane-${place.runId}`);
    const theirs = join(place.root, 'theirs');
    mkdirSync(theirs, { mode });
    if (mode === 0o700) chownSync(theirs, 65_534, 65_534);
    const before = timeless(place.live);
    const disk = meddled(
      (call, [path]) => call === 'mkdir' && endsWith(path, `.drylane-${place.runId}`),
      () => {
        rmdirSync(stage);
        renameSync(theirs, stage);
      },
    );
    await expect(apply(await place.request(), disk)).rejects.toMatchObject({ code: 'not-promotable' });
    rmSync(stage, { recursive: true, force: true });
    expect(timeless(place.live)).toEqual(before);
  });

  it('loses nothing where the file system knows no links, and makes a file at a name that was just free', async () => {
    using place = new Place({ '': dir(), edit: file('old') }, { '': dir(), edit: file('new') });
    const at = join(place.live, 'edit');
    const quick = meddled(
      (call, [from]) => call === 'rename' && endsWith(from, 'edit'),
      () => writeFileSync(at, 'theirs'),
    );
    const disk = new Proxy(quick, {
      get: (target, name: keyof Disk) =>
        name === 'link'
          ? () => {
              throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
            }
          : Reflect.get(target, name),
    });
    const outcome = await apply(await place.request(), disk);
    expect(outcome).toEqual({ result: 'unknown', conflicts: ['edit'] });
    expect(readFileSync(at, 'utf8')).toBe('theirs');
    expect(readFileSync(join(place.live, `.drylane-${place.runId}/old/0`), 'utf8')).toBe('old');
  });
});

const STRIDE = Number(process.env.DRYLANE_MEDDLE_STRIDE ?? 5);
const FAST = existsSync('/dev/shm') ? '/dev/shm' : undefined;

describe('while a change set lands, somebody', () => {
  it.each(Object.entries(DEEDS))(
    '%s: nothing of that is lost, and the outcome is true',
    async (deed, act) => {
      using plan = new Place(BASE, AFTER, BASE, FAST);
      const made = await changeSetBetween(plan.base, plan.after);
      const results = new Set<string>();
      const lost: (string | undefined)[] = [];
      for (let at = 1; ; at += STRIDE) {
        using place = new Place(BASE, AFTER, BASE, FAST);
        let done = false;
        const { disk, calls } = faultyDisk(at, {
          kind: 'meddle',
          act: () => {
            act(place.live);
            done = true;
          },
        });
        const outcome = await apply(place.requestOf(made), disk);
        if (!done) break;
        results.add(outcome.result);
        // The same deed, done to a tree that nobody else works on.
        for (const tree of [place.base, place.after]) act(tree);
        const told = { promoted: place.after, drifted: place.base, unknown: undefined }[outcome.result];
        if (told === undefined) {
          const [recovered] = await recover(place.state);
          expect(recovered?.result, `call ${at}`).toBe('unknown');
          continue;
        }
        if (deed.endsWith('that is edited') && !isDeepStrictEqual(timeless(place.live), timeless(told)))
          lost.push(calls[at - 1]);
        else expect(timeless(place.live), `call ${at}, ${outcome.result}`).toEqual(timeless(told));
      }
      // Right before the rename that replaces a file at once: only an exchange of two names could see who was quicker.
      expect([[], ['rename']]).toContainEqual(lost);
      expect(results).toContain('promoted');
      expect(results).toContain('drifted');
    },
  );
});
