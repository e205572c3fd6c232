import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReport } from './protocol.ts';

describe('what the runner tells', () => {
  it.each([
    ['r', { kind: 'opened' }],
    ['c', { kind: 'checked' }],
    ['b split', { kind: 'began', split: true }],
    ['b whole', { kind: 'began', split: false }],
    ['f uncovered', { kind: 'refused', why: 'uncovered' }],
    ['f buried', { kind: 'refused', why: 'buried' }],
    ['f exposed', { kind: 'refused', why: 'exposed' }],
    ['f shell', { kind: 'refused', why: 'shell' }],
    ['f company', { kind: 'refused', why: 'company' }],
  ])('is read from %s', (line, report) => {
    expect(parseReport(line)).toEqual(report);
  });

  it('is nothing else', () => {
    const known = [
      'r',
      'c',
      'b split',
      'b whole',
      'f uncovered',
      'f buried',
      'f exposed',
      'f shell',
      'f company',
    ];
    for (const line of [
      '',
      'b',
      'c ',
      'b  split',
      'R',
      'r ',
      'f',
      '__proto__',
      'constructor',
      's 0 0 -hBc 0',
    ])
      expect(parseReport(line)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(parseReport(line) === undefined).toBe(!known.includes(line));
      }),
    );
  });
});
