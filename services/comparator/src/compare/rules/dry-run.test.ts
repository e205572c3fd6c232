import { describe, expect, it } from 'vitest';
import { dryRunsIn } from './dry-run.ts';

describe('a dry run asked for in the text', () => {
  it.each([
    ['rsync -an --delete a/ b/', 'rsync -an'],
    ['make -n install', 'make -n'],
    ['git clean -ndx', 'git -ndx'],
    ['git -C sub push -n', 'git -n'],
    ['kubectl apply --dry-run=client -f x.yaml', 'kubectl --dry-run=client'],
    ['npm publish --dry-run', 'npm --dry-run'],
    ['sudo apt-get -s upgrade', 'apt-get -s'],
    ['env A=b timeout 5s /usr/bin/rsync -n a b', 'rsync -n'],
    ['for f in *; do (rename -n s/a/b/ "$f" | cat); done', 'rename -n'],
    ['if true; then patch "--dry-run" <x; fi', 'patch --dry-run'],
    ['f() { case x in x) make -n;; esac; }; f', 'make -n'],
  ])('is found in %s', (text, flag) => {
    expect(dryRunsIn(text)).toEqual([flag]);
  });

  it.each([
    'rsync -a a/ b/',
    'sed -n 1p x',
    'git commit -n -m x',
    'echo --dry-run',
    'kubectl apply --dry-run=none -f x.yaml',
    'rm -- --dry-run',
    'head -n 3 x',
    'constructor -n',
    'make "',
    '',
  ])('is not found in %s', (text) => {
    expect(dryRunsIn(text)).toEqual([]);
  });

  it('ends whatever the text', () => {
    expect(dryRunsIn('(make -n);'.repeat(900))).toHaveLength(900);
    expect(dryRunsIn('('.repeat(90_000))).toEqual([]);
    expect(dryRunsIn('(make -n);'.repeat(90_000))).toEqual([]);
  });
});
