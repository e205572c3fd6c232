import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitIn } from './git.fixture.ts';
import {
  contentsOf,
  entriesOf,
  file,
  HEAD,
  nameIn,
  type Thing,
  type Things,
  write,
} from './patch.fixture.ts';
import { type GitPatch, patchOf } from './patch.ts';

let repository: string;

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'drylane-patch-'));
  git('init', '--quiet', '--initial-branch=main');
});
afterEach(() => {
  rmSync(repository, { recursive: true, force: true });
});

const git = (...args: string[]): string => gitIn(repository, args);

function commitBefore(things: Things): void {
  for (const [path, [before]] of Object.entries(things)) write(repository, path, before);
  git('add', '--all', '--force');
  git('commit', '--quiet', '--allow-empty', '--message', 'base');
}

function apply(text: string | null): void {
  gitIn(repository, ['am', '--quiet'], text ?? '');
}

/** The tree that git has when all things are as they are after. */
function treeAfter(things: Things): string {
  git('rm', '-r', '--quiet', '--cached', '--ignore-unmatch', '.');
  for (const path of Object.keys(things))
    rmSync(nameIn(repository, path), {
      recursive: true,
      force: true,
    });
  for (const [path, [, after]] of Object.entries(things)) write(repository, path, after);
  git('add', '--all', '--force');
  return git('write-tree');
}

async function patch(things: Things): Promise<GitPatch> {
  return patchOf({ entries: entriesOf(things) }, contentsOf(things), HEAD);
}

/** Commits what was, lets git am take the patch, and holds it against what should be. */
async function expectLands(things: Things): Promise<GitPatch> {
  commitBefore(things);
  const made = await patch(things);
  apply(made.text);
  const landed = git('rev-parse', 'HEAD^{tree}');
  expect(landed).toBe(treeAfter(things));
  return made;
}

const lines = (count: number, change = -1): string =>
  Array.from({ length: count }, (_, index) => `line ${index === change ? 'changed' : index}\n`).join('');

/** All that can stand at a path before or after. */
const THINGS: Readonly<Record<string, Thing>> = {
  nothing: null,
  text: file(lines(20)),
  'changed text': file(lines(20, 9)),
  'text without an end': file('no newline'),
  'an empty file': file(''),
  'a program': file(lines(20), 0o755),
  'a binary file': file(Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256))),
  'text with carriage returns': file('a\r\nb\r\n'),
  'text that is not UTF-8': file(Buffer.from('gr\xfc\xdfe\n', 'latin1')),
  'a link': { link: '../elsewhere' },
  'a link elsewhere': { link: 'tgt é\n"' },
};

const PAIRS = Object.keys(THINGS).flatMap((before) =>
  Object.keys(THINGS).flatMap((after) => (before === after ? [] : [[before, after] as const])),
);

describe('a change set as a patch', () => {
  it('lands whatever was there, and whatever is', async () => {
    const things = PAIRS.map(([before, after]) => [
      `dir/${before}, then ${after}`,
      [THINGS[before] ?? null, THINGS[after] ?? null] as const,
    ]);
    const { untold } = await expectLands({ ...Object.fromEntries(things), kept: [file('k'), file('k')] });
    expect(untold).toEqual([]);
  });

  it('lands at any name', async () => {
    const names = [
      'a name with spaces ',
      ' leading',
      'quote"d',
      'back\\\\slash',
      'new\nline',
      'tab\there',
      'é/ü',
      '\\xff\\xfe',
      'b/a/dev/null',
      '-option',
      '--- a',
      'a b/c d',
      '$(id)`id`',
    ];
    const things = names.flatMap((path) => [
      [path, [file('1\n'), file('2\n')]] as const,
      [`${path}.new`, [null, file('3\n')]] as const,
    ]);
    await expectLands(Object.fromEntries(things));
  });

  it('lands whatever the texts are', async () => {
    const text = fc
      .array(
        fc.constantFrom(
          '',
          'a',
          'b',
          ' ',
          '\t',
          '-- ',
          '---',
          '+++ b/x',
          'From a Mon',
          'diff --git a/x b/x',
          '@@ -1 +1 @@',
          '\\ No newline at end of file',
          '>From',
          'é',
          '\u2028',
          '\f',
        ),
        { maxLength: 12 },
      )
      .chain((rows) => fc.constantFrom(rows.join('\n'), `${rows.join('\n')}\n`));
    const pair = fc.tuple(text, text, fc.string({ unit: 'binary', maxLength: 50 }));
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { minLength: 1, maxLength: 30 }), async (pairs) => {
        rmSync(repository, { recursive: true, force: true });
        mkdirSync(repository);
        git('init', '--quiet', '--initial-branch=main');
        const things = pairs.flatMap(([before, after, other], index) => [
          [`x${index}`, [file(before), file(after)]] as const,
          [`y${index}`, [null, file(`${other}!`)]] as const,
        ]);
        await expectLands({ ...Object.fromEntries(things), z: [null, file('z')] });
      }),
      { numRuns: 8 },
    );
  });

  it('lands with many things at once, a directory that became a file among them', async () => {
    const noise = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index * 31) % 251));
    await expectLands({
      'a/b': [file('1'), null],
      'a/c/d': [file('2'), null],
      big: [file(lines(5000)), file(lines(5000, 2500))],
      noise: [file(noise), file(Buffer.concat([noise, noise]))],
      unended: [file(`${lines(1500)}x`), file(lines(1500).replaceAll('line', 'word').trimEnd())],
      other: [file(lines(3000)), file(lines(3000).replaceAll('line', 'word'))],
      'z/y/x': [null, file('new', 0o755)],
    });
  });

  it('is by whom, of when and called what was said', async () => {
    const names = [
      'A Person',
      "O'Neil, Bob (x)",
      'Zoë Ünï 日本',
      `Long ${'é'.repeat(27)}`,
      '=?UTF-8?B?eA==?=',
    ];
    for (const [index, name] of names.entries()) {
      const things: Things = { [`f${index}`]: [null, file('1')] };
      if (index === 0) commitBefore({});
      const subject = `Subject of ${name} ${'é'.repeat(index * 40)}.`;
      const head = { ...HEAD, author: { name, email: 'a@example.org' }, subject };
      apply((await patchOf({ entries: entriesOf(things) }, contentsOf(things), head)).text);
      expect(git('log', '-1', '--format=%an|%ae|%aI|%B').trim()).toBe(
        `${name}|a@example.org|2026-11-20T10:11:12+00:00|${subject}\n\nDrylane-Run: run_0`,
      );
    }
  });
});
