import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from './patterns.ts';
import { trapIn } from './traps.ts';

describe('a pattern', () => {
  it.each([
    '(a{1000}){1000}',
    'x{0,1000}'.repeat(100),
    '(x{0,1000}){0,1}'.repeat(60),
    '(?i)[\\x{100}-\\x{1e942}]{3}',
    '\\pL{51}',
  ])('that is too large once it is written out is refused before it is: %s', (pattern) => {
    const startedMs = performance.now();
    expect(compilePattern(pattern)).toMatchObject({ message: 'is too large a pattern' });
    expect(performance.now() - startedMs).toBeLessThan(50);
  });

  it('costs more where it may stand at many places at once', () => {
    const costOf = (source: string): number => {
      const pattern = compilePattern(source);
      return 'test' in pattern ? pattern.cost(1000) : 0;
    };
    expect(costOf('[ab]{300}c')).toBeGreaterThan(10 * costOf('package-lock|yarn-lock|pnpm-lock'));
  });

  it('takes no newline in a name for its end', () => {
    expect(matching('^deploy/.*\\.sh$', 'deploy/a\nb.sh')).toBe(true);
    expect(matching('^deploy$', 'deploy\n')).toBe(false);
  });
});

function matching(source: string, text: string): boolean {
  const pattern = compilePattern(source);
  return 'test' in pattern && pattern.test(text);
}

describe('a pattern that is all repetition, repeated', () => {
  it.each([
    ['(a+)+$', 0, 'a+'],
    ['x(?:a*)*', 1, 'a*'],
    ['(a|b+)+', 0, 'a'],
    ['(?P<n>[a-z]+){2,}', 0, '[a-z]+'],
    ['((a+))+', 0, '(a+)'],
    ['(x+x+)+y', 0, 'x+x+'],
    ['(a?b*)*', 0, 'a?b*'],
    ['[(](\\w+)*', 3, '\\w+'],
    ['(\\pL+)+', 0, '\\pL+'],
  ])('%s is refused', (pattern, at, simpler) => {
    expect(trapIn(pattern)).toMatchObject({ at, simpler });
    expect(compilePattern(pattern)).toMatchObject({ at, mend: `write one repetition, such as ${simpler}` });
  });

  it.each([
    'a+$',
    '([a-z]+\\.)*example\\.com',
    '(/[^/]+)*$',
    '(ab)+',
    '(a{2})+',
    '(a+){2}',
    '\\(a+\\)+',
    '[(a+)]+',
    '[]a+)]+',
    '\\Q(a+)+\\E',
    '(?i)a+',
    'a|b+',
  ])('%s is not', (pattern) => {
    expect(trapIn(pattern)).toBeUndefined();
    expect(compilePattern(pattern)).toHaveProperty('test');
  });

  it('is looked for in any text without end or harm', () => {
    const bits = fc.constantFrom(
      '(',
      ')',
      '*',
      '+',
      '?',
      '{2,}',
      '|',
      '[',
      ']',
      '\\',
      'a',
      '(?:',
      '\\Q',
      '\\E',
      '^',
      '-',
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 40 }), (parts) => {
        const result = compilePattern(parts.join(''));
        expect('test' in result || result.mend !== '').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a pattern', () => {
  it('takes time in proportion to the text, whatever stands in either', () => {
    const pattern = compilePattern('(a|aa|a?a)*(a|aa)*b');
    const startedMs = performance.now();
    expect('test' in pattern && pattern.test('a'.repeat(200_000))).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('keeps little of what it has tried, though each character were new to it', () => {
    const text = Array.from({ length: 4000 }, (_, at) => 'ab'[(Math.imul(at, 2654435761) >>> 9) % 2]).join(
      '',
    );
    const collect = collector();
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: 8 }, () => compilePattern('[ab]*a[ab]{300}[yz]'));
    for (const pattern of kept) expect('test' in pattern && pattern.test(text)).toBe(false);
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
    expect(kept).toHaveLength(8);
  });

  it.each([
    ['(?=a)', 'in the syntax of RE2'],
    ['(a)\\1', 'in the syntax of RE2'],
    ['a'.repeat(1001), 'split it'],
    ['(?:[a-z]{1,100}x){9}', 'repeat less'],
    ['(?i)foo.{0,100}bar', ''],
  ])('%s is refused or taken', (pattern, mend) => {
    const result = compilePattern(pattern);
    expect('mend' in result ? result.mend : '').toContain(mend);
  });
});

/** Collects what nothing holds, now and each time that it is called. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return collect;
}
