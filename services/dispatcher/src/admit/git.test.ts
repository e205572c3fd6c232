import { expect, it } from 'vitest';
import { gitProblems } from './git.ts';

const fieldsOf = (url: string, ref: string): readonly string[] =>
  gitProblems({ workspace: { git: { url, ref } } }).map(({ field }) => field);

it('finds everything that is malformed in how a git tree is named, at once', () => {
  expect(fieldsOf('https://git.example/a', 'main')).toEqual([]);
  expect(fieldsOf('file:///srv/git/a', 'a'.repeat(40))).toEqual([]);
  expect(fieldsOf('ext::sh -c id', 'main')).toEqual(['workspace.git.url']);
  expect(fieldsOf('https://user:pass@git.example/a', 'main')).toEqual(['workspace.git.url']);
  expect(fieldsOf('https://git.example/a', '--upload-pack=id')).toEqual(['workspace.git.ref']);
  expect(fieldsOf('ssh://git.example/a', 'HEAD')).toEqual(['workspace.git.url', 'workspace.git.ref']);
});

it('has nothing to say of other workspaces', () => {
  expect(gitProblems({})).toEqual([]);
  expect(gitProblems({ workspace: { path: '/srv/a' } })).toEqual([]);
});
