import { compilePattern, matchesPattern } from '@drylane/proto/paths';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternsOverlap } from './overlap.ts';

const part = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '*b', '**');
const pattern = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, subtree]) => parts.join('/') + (subtree ? '/' : ''));
const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'aab', 'c'), { minLength: 1, maxLength: 5 });

describe('patternsOverlap', () => {
  it.each([
    ['config/*.yml', 'config/secret.yml', true],
    ['config/*.yml', '**/secret.*', true],
    ['a/*.md', 'b/*.md', false],
    ['*.md', '.env*', true],
    ['blog/*.md', '.env*', false],
    ['dist/', '**/.env', true],
    ['dist/x', 'dist/x/y/', false],
    ['dist/x/', 'dist/', true],
    ['/etc/*', 'etc/*', false],
  ])('%s and %s: %s', (a, b, overlap) => {
    expect(patternsOverlap(compilePattern(a), compilePattern(b))).toBe(overlap);
    expect(patternsOverlap(compilePattern(b), compilePattern(a))).toBe(overlap);
  });

  it('is true whenever some path is meant by both', () => {
    fc.assert(
      fc.property(pattern, pattern, path, (x, y, parts) => {
        const [a, b, bytes] = [compilePattern(x), compilePattern(y), Buffer.from(parts.join('/'))];
        fc.pre(matchesPattern(a, bytes) && matchesPattern(b, bytes));
        expect(patternsOverlap(a, b)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('ends, whatever the patterns', () => {
    const stars = compilePattern('*a'.repeat(1000));
    expect(patternsOverlap(stars, compilePattern(`${'*a'.repeat(1000)}b`))).toBe(false);
  });
});
