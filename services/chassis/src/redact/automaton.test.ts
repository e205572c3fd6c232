import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAutomaton } from './automaton.ts';

function occurrences(words: readonly string[], text: string, from: number): string[] {
  const found: string[] = [];
  words.forEach((word, index) => {
    for (let at = from; at + word.length <= text.length; at++) {
      if (text.slice(at, at + word.length).toLowerCase() === word.toLowerCase()) found.push(`${index}@${at}`);
    }
  });
  return found.sort();
}

describe('the automaton', () => {
  it('finds exactly what a search for each word finds, in any case of letters', () => {
    const short = fc.string({
      unit: fc.constantFrom('a', 'b', 'A', 'B', '-', '\xff'),
      minLength: 1,
      maxLength: 5,
    });
    const long = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '-', '\xff', 'z'), maxLength: 60 });
    fc.assert(
      fc.property(fc.array(short, { maxLength: 8 }), long, fc.nat(5), (words, text, from) => {
        const found: string[] = [];
        buildAutomaton(words.map((word) => Buffer.from(word, 'latin1'))).scan(
          Buffer.from(text, 'latin1'),
          from,
          (word, start) => found.push(`${word}@${start}`),
        );
        expect(found.sort()).toEqual(occurrences(words, text, from));
      }),
    );
  });

  it('knows its longest word', () => {
    expect(buildAutomaton([Buffer.from('ab'), Buffer.from('abcd')]).longest).toBe(4);
    expect(buildAutomaton([]).longest).toBe(1);
  });
});
