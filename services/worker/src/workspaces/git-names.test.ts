import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GitSources, readGitRef, readGitUrl } from './git-names.ts';

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
    expect(readGitUrl(text, ALLOWED).url).toBe(url);
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
    expect(() => readGitUrl(text, ALLOWED)).toThrow(refusal);
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
          url = readGitUrl(`https://${parts.join('')}`, ALLOWED).url;
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

describe('a ref', () => {
  it('is a branch or a tag, either of them by its full name, or a whole commit', () => {
    const commit = 'a'.repeat(40);
    expect(readGitRef('main')).toEqual({ names: ['refs/heads/main', 'refs/tags/main'] });
    expect(readGitRef('feature/x-1')).toEqual({ names: ['refs/heads/feature/x-1', 'refs/tags/feature/x-1'] });
    expect(readGitRef('refs/tags/v1')).toEqual({ names: ['refs/tags/v1'] });
    expect(readGitRef(commit)).toEqual({ commit });
  });

  it.each(['HEAD', 'refs/pull/1/head', 'refs/drylane/x', 'FETCH_HEAD', '@', 'a'.repeat(301), ''])(
    '%j is refused',
    (text) => {
      expect(() => readGitRef(text)).toThrow(refusal);
    },
  );

  it('is refused wherever git refuses it as a name, and never looks like an option', () => {
    const pieces = fc.constantFrom(
      'a',
      'b',
      '-',
      '.',
      '..',
      '/',
      '@{',
      '@',
      '~',
      '^',
      ':',
      '?',
      '*',
      '[',
      '\\',
      ' ',
      '\t',
      '.lock',
      '\x7f',
      'refs/heads/',
    );
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.join('');
        let names: readonly string[];
        try {
          const ref = readGitRef(text);
          names = 'commit' in ref ? [] : ref.names;
        } catch (cause) {
          expect(cause).toEqual(refusal);
          return;
        }
        expect(text.startsWith('-')).toBe(false);
        for (const name of names) {
          expect(name).toMatch(/^refs\/(heads|tags)\//);
          execFileSync('git', ['check-ref-format', name]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
