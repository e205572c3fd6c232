import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readGitRef, readGitUrl } from './git.ts';

const refusal = expect.objectContaining({ code: 'bad-input' });

describe('the URL of a repository', () => {
  it('is told in one way, with its host and port', () => {
    expect(readGitUrl('https://GIT.example:443/a.git')).toEqual({
      ...{ url: 'https://git.example/a.git', scheme: 'https' },
      ...{ host: 'git.example:443', path: '/a.git' },
    });
    expect(readGitUrl('file:///srv/git/a')).toEqual({
      ...{ url: 'file:///srv/git/a', scheme: 'file', host: '', path: '/srv/git/a' },
    });
  });

  it.each([
    'ext::sh -c id',
    'ssh://git.example/a',
    'git@git.example:a',
    '--upload-pack=id',
    'https://user:password@git.example/a',
    'https://git.example/a?x',
    'https://git.example/../a',
    'https://git.example/%2e%2e/a',
    'https://git.example/a b',
    'file://elsewhere/a',
    'https://',
    '',
  ])('%j is refused, and not said again', (text) => {
    expect(() => readGitUrl(text)).toThrow(refusal);
    if (text !== '') expect(() => readGitUrl(text)).not.toThrow(text);
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
