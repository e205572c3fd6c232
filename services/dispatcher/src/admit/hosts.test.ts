import { describe, expect, it } from 'vitest';
import { coversHost } from './hosts.ts';

describe('what policy lets an intent name', () => {
  it.each([
    ['*.github.com:443', 'api.github.com:443', true],
    ['*.github.com:443', 'a.b.GitHub.com:443', true],
    ['*.github.com:443', '*.github.com:443', true],
    ['*.github.com', '*.api.github.com:22', true],
    ['github.com', 'github.com:443', true],
    ['*.github.com:443', 'api.github.com', false],
    ['*.github.com:443', 'api.github.com:80', false],
    ['*.github.com', 'github.com', false],
    ['*.github.com', 'evilgithub.com', false],
    ['*.api.github.com', '*.github.com', false],
    ['api.github.com', '*.api.github.com', false],
    ['github.com', 'github.com.evil.example', false],
  ])('%s covers %s: %s', (allowed, asked, covers) => {
    expect(coversHost(allowed, asked)).toBe(covers);
  });

  it('is passed on: what a covered pattern covers is covered too', () => {
    const names = ['a', 'b', 'a.a', 'a.b', 'b.a', 'b.b', 'a.b.a'];
    const all = names.flatMap((name) =>
      ['', '*.'].flatMap((below) => ['', ':1', ':2'].map((port) => `${below}${name}${port}`)),
    );
    const covered = new Map(all.map((x) => [x, all.filter((y) => coversHost(x, y))]));
    for (const [x, inner] of covered) {
      for (const y of inner) expect(inner).toEqual(expect.arrayContaining(covered.get(y) ?? []));
      expect(inner).toContain(x);
    }
  });
});
