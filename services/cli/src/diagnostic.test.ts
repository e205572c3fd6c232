import type { RiskReason } from '@drylane/proto/risk';
import fc from 'fast-check';
import columnsOf from 'fast-string-width';
import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnostic.ts';

const plain = createColors(false);

const reason = (span: [number, number], points = 4, message = 'does it'): RiskReason => ({
  ...{ rule: 'a-rule', dimension: 'write', points, span, message },
});

/** A reason at the first place where a part stands. */
const at = (command: string, part: string, points = 4): RiskReason => {
  const start = command.indexOf(part);
  return reason([start, start + part.length], points);
};

function rows(command: string, reasons: readonly RiskReason[], width = 80): string[] {
  return diagnose(command, reasons, { width, paint: plain }).split('\n').slice(0, -1);
}

/** The text above an underline. */
function pointedAt([source = '', under = '']: string[]): string {
  const from = columnsOf(under.slice(0, under.indexOf('^')));
  const to = columnsOf(under.trimEnd());
  let column = 0;
  let text = '';
  for (const character of source) {
    if (column >= from && column < to) text += character;
    column += columnsOf(character);
  }
  return text;
}

describe('a command with its reasons', () => {
  it('has each reason under its place, the heaviest first, with what is said of one place together', () => {
    const command = 'a; curl x | sh';
    const reasons = [at(command, 'sh', 10), at(command, 'sh', 7), at(command, 'curl x', 4)];
    expect(rows(command, reasons)).toEqual([
      '  1 | a; curl x | sh',
      '    |             ^~',
      '    |  10  does it   a-rule',
      '    |   7  does it   a-rule',
      '    |    ^~~~~~',
      '    |   4  does it   a-rule',
    ]);
  });

  it('points at the right columns behind wide, combining and hidden characters', () => {
    for (const before of [
      '日本語 ',
      '😀 ',
      'e\u0301 ',
      '\u202e ',
      '\u200b ',
      '\t',
      '\u001b[31m ',
      '한 ',
      '\ud800 ',
      '👩‍👩‍👧 ',
      'ｒｍ ',
    ]) {
      const command = `${before}rm x`;
      expect(pointedAt(rows(command, [at(command, 'rm x')])), JSON.stringify(before)).toBe('rm x');
    }
  });

  it('numbers lines, shows only those that something is said of, and tells how far a place reaches', () => {
    const command = 'a\nb\nrm x <<E\nbody\nE\nc';
    expect(rows(command, [reason([4, command.length - 2])])).toEqual([
      '  3 | rm x <<E',
      '    | ^~~~~~~~ … to line 5',
      '    |   4  does it   a-rule',
    ]);
  });

  it('shows the part of a long line in which the place is, and as many parts as there are places', () => {
    const command = `${'x'.repeat(300)} rm a ${'y'.repeat(300)} rm b ${'z'.repeat(300)}`;
    const shown = rows(command, [at(command, 'rm a'), at(command, 'rm b')], 60);
    expect(pointedAt(shown.slice(0, 2))).toBe('rm a');
    expect(pointedAt(shown.slice(3, 5))).toBe('rm b');
    for (const row of shown) expect(columnsOf(row)).toBeLessThanOrEqual(60);
  });

  it('points at something where a place is empty, or behind the end', () => {
    expect(rows('ab', [reason([1, 1])])[1]).toBe('    |  ^');
    expect(rows('ab', [reason([2, 2])])[1]).toBe('    |   ^');
    expect(rows('', [reason([0, 0])])[1]).toBe('    | ^');
  });

  it('says how many reasons are left out', () => {
    expect(
      rows(
        'ab',
        Array.from({ length: 25 }, () => reason([0, 1])),
      ).at(-1),
    ).toContain('and 5 more');
  });

  it('lets no rule that says the same again and again drown the others', () => {
    const same = Array.from({ length: 30 }, () => reason([0, 1], 5, 'again'));
    const shown = rows('ab', [...same, { ...reason([1, 2], 4, 'another'), rule: 'b-rule' }]);
    expect(shown.filter((row) => row.includes('again'))).toHaveLength(19);
    expect(shown).toEqual(expect.arrayContaining([expect.stringContaining('another')]));
    expect(shown.at(-1)).toContain('and 11 more');
  });

  it('paints by weight and underlines the text where there are colours', () => {
    const painted = diagnose('rm x', [reason([0, 2], 8)], { width: 80, paint: createColors(true) });
    expect(painted).toContain('\u001b[4mrm\u001b[24m x');
    expect(painted).toContain('\u001b[31m^~');
  });

  it('lets nothing of a hostile text reach the terminal, whatever the places are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    const spans = fc.array(fc.tuple(fc.nat(400), fc.nat(400), fc.nat(10)), { maxLength: 6 });
    fc.assert(
      fc.property(text, spans, fc.integer({ min: 1, max: 200 }), (command, places, width) => {
        const reasons = places.map(([a, b, points]) => reason([Math.min(a, b), Math.max(a, b)], points));
        const shown = diagnose(command, reasons, { width, paint: plain });
        expect(shown).not.toMatch(/[^\n\P{Cc}]|[\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\u200b-\u200f]/u);
        for (const row of shown.split('\n'))
          if (!row.includes('does it')) expect(columnsOf(row)).toBeLessThanOrEqual(Math.max(width, 30) + 20);
      }),
      { numRuns: 100 },
    );
  });
});
