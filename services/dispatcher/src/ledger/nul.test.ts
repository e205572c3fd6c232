import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readable, storable } from './nul.ts';

const anyText = fc.string({ unit: fc.constantFrom('\0', '\u001a', '0', 'a', '😀'), maxLength: 20 });

describe('a text with a NUL in it', () => {
  it('is stored without, and read as it was', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(storable(text)).not.toContain('\0');
        expect(readable(storable(text))).toBe(text);
      }),
    );
  });

  it('is never stored as another', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        expect(storable(one) === storable(two)).toBe(one === two);
      }),
    );
  });

  it('is the only thing that is written otherwise', () => {
    for (const value of [null, 0, 5n, true, '', 'plain']) expect(storable(value)).toBe(value);
  });
});
