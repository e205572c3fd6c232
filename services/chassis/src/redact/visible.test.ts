import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeJson, visible } from './visible.ts';

/** Code points that a person does not see, or that change how others are seen, as first and last. */
const UNSEEN: readonly (readonly [name: string, first: number, last: number])[] = [
  ['C0', 0x00, 0x1f],
  ['DEL', 0x7f, 0x7f],
  ['C1', 0x80, 0x9f],
  ['the soft hyphen', 0xad, 0xad],
  ['the combining grapheme joiner', 0x34f, 0x34f],
  ['the Arabic letter mark', 0x61c, 0x61c],
  ['Hangul fillers', 0x115f, 0x1160],
  ['Khmer inherent vowels', 0x17b4, 0x17b5],
  ['Mongolian selectors', 0x180b, 0x180f],
  ['zero-width characters', 0x200b, 0x200d],
  ['directional marks', 0x200e, 0x200f],
  ['separators of lines and paragraphs', 0x2028, 0x2029],
  ['directional embeddings and overrides', 0x202a, 0x202e],
  ['the word joiner and invisible operators', 0x2060, 0x2064],
  ['directional isolates', 0x2066, 0x2069],
  ['deprecated format characters', 0x206a, 0x206f],
  ['the Hangul filler', 0x3164, 0x3164],
  ['variation selectors', 0xfe00, 0xfe0f],
  ['the byte order mark', 0xfeff, 0xfeff],
  ['the half-width filler', 0xffa0, 0xffa0],
  ['interlinear annotations', 0xfff9, 0xfffb],
  ['halves of surrogate pairs', 0xd800, 0xdfff],
  ['shorthand format controls', 0x1bca0, 0x1bca3],
  ['musical format controls', 0x1d173, 0x1d17a],
  ['tags', 0xe0000, 0xe007f],
  ['supplementary variation selectors', 0xe0100, 0xe01ef],
];

function codesOf(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function shownAs(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

describe('visible', () => {
  it.each(UNSEEN)('shows %s, but newline and tab', (_, first, last) => {
    for (const code of codesOf(first, last)) {
      const kept = code === 0x09 || code === 0x0a;
      const character = String.fromCodePoint(code);
      expect(visible(`a${character}b`)).toBe(`a${kept ? character : shownAs(code)}b`);
    }
  });

  it('leaves the rest of ASCII and Latin-1 as it is', () => {
    for (const code of [...codesOf(0x20, 0x7e), ...codesOf(0xa0, 0xff)]) {
      if (code !== 0xad) expect(visible(String.fromCharCode(code))).toBe(String.fromCharCode(code));
    }
  });

  it('shows the escapes that colour, move and retitle', () => {
    expect(visible('\x1b[31mred\x1b[0m')).toBe('\\x1b[31mred\\x1b[0m');
    expect(visible('\x1b]0;title\x07')).toBe('\\x1b]0;title\\x07');
    expect(visible('\u009b2J')).toBe('\\x9b2J');
    expect(visible('safe\rowned')).toBe('safe\\x0downed');
  });

  it('leaves nothing that a terminal acts on, whatever comes, and is done after once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
        expect(visible(shown)).toBe(shown);
      }),
    );
  });

  it('leaves other languages and emoji as they are', () => {
    const text = 'Grüße, 世界 🚀\tשלום नमस्ते مرحبا\n';
    expect(visible(text)).toBe(text);
  });
});

describe('safeJson', () => {
  it.each(UNSEEN)('escapes %s, in values and in names', (_, first, last) => {
    for (const code of codesOf(first, last)) {
      const character = String.fromCodePoint(code);
      const value = { [`n${character}`]: `v${character}` };
      const text = safeJson(value);
      expect(text).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.parse(text)).toEqual(value);
    }
  });

  it('is what JSON.stringify gives where nothing has to be escaped', () => {
    const value = { a: [1, null, 'Grüße, 世界 🚀'], b: { c: true } };
    for (const space of [undefined, 0, 2])
      expect(safeJson(value, space)).toBe(JSON.stringify(value, null, space));
  });

  it('parses back to the same value, and a terminal may show it, whatever comes', () => {
    const anything = fc.jsonValue({ stringUnit: 'binary' });
    fc.assert(
      fc.property(anything, fc.constantFrom(undefined, 0, 2), (value, space) => {
        const text = safeJson(value, space);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(visible(text)).toBe(text);
        expect(text).not.toContain('\t');
      }),
    );
  });

  it('is null for what JSON cannot hold', () => {
    expect(safeJson(undefined)).toBe('null');
  });
});
