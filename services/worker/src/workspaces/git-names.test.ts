import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedSource, type GitSources } from './git-names.ts';

const ALLOWED: GitSources = {
  hosts: ['git.example', '*.forge.example', 'odd.example:8443'],
  directories: ['/srv/git'],
};

const refusal = expect.objectContaining({ code: 'bad-input' });

describe('the URL of a repository', () => {
  it.each([
    ['https://git.example/a/b.git', 'https://git.example/a/b.git'],
    ['https://GIT.example:443/a', 'https://git.example/a'],
    ['https://a.forge.example/x', 'https://a.forge.example/x'],
    ['https://a.b.forge.example/x', 'https://a.b.forge.example/x'],
    ['https://odd.example:8443/x', 'https://odd.example:8443/x'],
    ['file:///srv/git/a.git', 'file:///srv/git/a.git'],
  ])('%s is taken as %s', (text, url) => {
    expect(allowedSource(text, ALLOWED).url).toBe(url);
  });

  it.each([
    'https://evil.example/a',
    'https://git.example.evil/a',
    'https://evilgit.example/a',
    'https://git.example:8443/a',
    'https://odd.example/a',
    'https://forge.example/a',
    'https://evilforge.example/a',
    'https://.forge.example/a',
    'https://user@git.example/a',
    'https://user:password@git.example/a',
    'https://git.example@evil.example/a',
    'https://evil.example\\@git.example/a',
    'https://evil.example#@git.example/a',
    'https://evil.example?@git.example/a',
    'https://git.example/a?x',
    'https://git.example/a#x',
    'https://git.example/a/../b',
    'https://git.example/a%2e%2e/b',
    'https://127.0.0.1/a',
    'https://[::1]/a',
    'https://2130706433/a',
    'https:git.example/a',
    'HTTPS://git.example/a',
    'http://git.example/a',
    'git://git.example/a',
    'ssh://git.example/a',
    'git@git.example:a/b',
    'ext::sh -c id',
    'fd::17',
    '--upload-pack=id',
    '-oProxyCommand=id',
    '/srv/git/a.git',
    'file:///etc',
    'file:///srv/git',
    'file:///srv/gitother/a',
    'file:///srv/git/../../etc',
    'file://evil.example/srv/git/a',
    'file::///srv/git/a',
    'https://git.example/a b',
    'https://git.example/a\nhttps://x',
    'https://git.example/é',
    ` https://git.example/a`,
    'https://',
    '',
    `https://git.example/${'a'.repeat(2000)}`,
  ])('%j is refused', (text) => {
    expect(() => allowedSource(text, ALLOWED)).toThrow(refusal);
  });

  it('is never of a host that was not named, and never starts as an option', () => {
    const pieces = fc.constantFrom(
      'https://',
      'file://',
      'git.example',
      'evil.example',
      '@',
      ':',
      '/',
      '\\',
      '#',
      '?',
      '.',
      '-',
      '%40',
      '443',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        let url: string;
        try {
          url = allowedSource(`https://${parts.join('')}`, ALLOWED).url;
        } catch (cause) {
          expect(cause).toEqual(refusal);
          return;
        }
        expect(url).toMatch(/^https:\/\/(git\.example)\//);
      }),
      { numRuns: 500 },
    );
  });
});
