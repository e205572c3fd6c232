import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from './visible.ts';

describe('visible', () => {
  it('shows every control character but newline and tab', () => {
    for (let code = 0; code < 0xa0; code++) {
      const character = String.fromCharCode(code);
      const control = code < 0x20 || code >= 0x7f;
      const kept = character === '\n' || character === '\t' || !control;
      expect(visible(character)).toBe(kept ? character : `\\x${code.toString(16).padStart(2, '0')}`);
    }
  });

  it('shows the escapes that colour, move and retitle', () => {
    expect(visible('\x1b[31mred\x1b[0m')).toBe('\\x1b[31mred\\x1b[0m');
    expect(visible('\x1b]0;title\x07')).toBe('\\x1b]0;title\\x07');
    expect(visible('\u009b2J')).toBe('\\x9b2J');
    expect(visible('safe\rowned')).toBe('safe\\x0downed');
  });

  it('shows marks that change the direction of text', () => {
    for (const mark of '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069') {
      expect(visible(mark)).toBe(`\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
    }
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
    const text = 'Grüße, 世界 🚀\tשלום\n';
    expect(visible(text)).toBe(text);
  });
});
