import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const LENGTH = 6_000;
/** A search that is linear in the text is done in a hundredth of this. */
const MAX_MS = 4;

/** Literals of regular expressions, as the formatter leaves them. What is taken for one by mistake is tried, too. */
const LITERAL =
  /(?<=[(,=:?[|&!\s])\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*(?=[\s.,;)\]])/g;

const CHARACTERS = [
  'a',
  'A',
  '0',
  '/',
  '.',
  '-',
  ' ',
  '\n',
  '=',
  "'",
  '"',
  '\\',
  ':',
  '+',
  '_',
  '*',
  '$',
  '@',
];

function expressionsIn(folder: string): (readonly [string, RegExp])[] {
  const directory = new URL(folder, import.meta.url);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) =>
      [...readFileSync(new URL(name, directory), 'utf8').matchAll(LITERAL)].flatMap(([literal]) => {
        const end = literal.lastIndexOf('/');
        try {
          return [[`${name} ${literal}`, new RegExp(literal.slice(1, end), literal.slice(end + 1))] as const];
        } catch {
          return [];
        }
      }),
    );
}

/** Texts that begin a match of the expression again and again and never end one. */
function trapsFor({ source }: RegExp): string[] {
  const plain = source.replaceAll(/\\[swdbB]/g, ' ').replaceAll(/\\(.)/g, '$1');
  const words = [...new Set(plain.match(/[A-Za-z0-9_./@=:~-]{1,40}|["'`|<>&$(){}[\],;+*!%#^ ]/g) ?? [])];
  const some = words.slice(0, 12);
  const pieces = [
    ...CHARACTERS,
    ...words,
    ...some.flatMap((word) => ['a', ' ', '/', '.'].flatMap((other) => [word + other, other + word])),
    ...some.slice(0, 5).flatMap((word) => some.slice(0, 5).map((other) => word + other)),
  ];
  return [...new Set(pieces)].flatMap((piece) => {
    const many = piece.repeat(Math.ceil(LENGTH / piece.length));
    return [`${many}\u0001`, `${words[0]}${many}`];
  });
}

function millisecondsOf(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 && best > MAX_MS; i++) {
    const before = process.threadCpuUsage();
    work();
    best = Math.min(best, process.threadCpuUsage(before).user / 1000);
  }
  return best;
}

describe('a regular expression of the classifier', () => {
  const expressions = ['./', './rules/', '../../../../proto/src/'].flatMap(expressionsIn);

  it('takes time that is linear in the text, whatever the text', () => {
    expect(expressions.length).toBeGreaterThan(200);
    const slow = expressions.flatMap(([name, expression]) => {
      const trap = trapsFor(expression).find(
        (text) => millisecondsOf(() => text.search(expression)) > MAX_MS,
      );
      return trap === undefined ? [] : [`${name}: ${JSON.stringify(trap.slice(0, 20))}…`];
    });
    expect(slow).toEqual([]);
  });
});
