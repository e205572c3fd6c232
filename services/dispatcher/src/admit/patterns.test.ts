import { describe, expect, it } from 'vitest';
import { relativeTo } from './patterns.ts';

describe('an absolute pattern, seen from /w/site', () => {
  it.each([
    ['/w/site/a.md', 'a.md'],
    ['/w/site/a/', 'a/'],
    ['/w/site/**/x/*.md', '**/x/*.md'],
    ['/w/site/', '**'],
    ['/w/site', '**'],
    ['/w/', '**'],
    ['/w/sites/a', undefined],
    ['/w/*/a', undefined],
    ['/w', undefined],
    ['/**', undefined],
    ['/etc/hosts', undefined],
    ['a/b', undefined],
  ])('%s is %s', (pattern, relative) => {
    expect(relativeTo(pattern, '/w/site')).toBe(relative);
  });
});
