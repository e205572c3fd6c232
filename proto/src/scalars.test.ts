import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scalar, stringify } from 'yaml';
import { readTree } from './tree.ts';

const STYLES = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const;
const WORDS = [
  'evidence',
  '"a"',
  "'b'",
  '&&',
  '||',
  '\\d',
  ':',
  '#',
  '-',
  'é',
  '😀',
  '\n',
  '\n  ',
  ' ',
  '{',
  '}',
];

/** Where YAML has an offset into the text at `when`, or the text itself, as an offset into the source. */
function placeOf(source: string, offset?: number): number {
  const tree = readTree(Buffer.from(source), 'p');
  if ('length' in tree) throw new TypeError(JSON.stringify(tree));
  const place = offset === undefined ? tree.place(['when']) : tree.placeWithin(['when'], offset);
  const [, line = 0, column = 0] = place.split(':').map(Number);
  const before = source.split('\n').slice(0, line - 1);
  return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}

describe('a place inside a text', () => {
  it('is where that character stands in the source, however YAML wrote it, or where the text begins', () => {
    const part = fc.array(fc.constantFrom(...WORDS), { maxLength: 8 }).map((words) => words.join(' '));
    let exact = 0;
    fc.assert(
      fc.property(
        part,
        part,
        fc.constantFrom(...STYLES),
        fc.constantFrom(20, 80),
        (a, b, type, lineWidth) => {
          const text = `${a} @ ${b}`;
          const scalar = Object.assign(new Scalar(text), { type });
          const source = stringify({ name: 'r', when: scalar, message: 'm' }, { lineWidth });
          const place = placeOf(source, text.indexOf('@'));
          if (source[place] === '@') exact += 1;
          else expect(place).toBe(placeOf(source));
        },
      ),
      { numRuns: 300 },
    );
    expect(exact).toBeGreaterThan(150);
  });

  it('is after the last character where the text ends too soon', () => {
    expect(placeOf('when: a &&\nmessage: m\n', 4)).toBe('when: a &&'.length);
    expect(placeOf('when: |\n  a &&\n', 5)).toBe('when: |\n  a &&'.length);
  });
});
