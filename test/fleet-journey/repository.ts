import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gitIn } from '@drylane/worker/workspaces/git.fixture';

/** A repository that a fleet fetches from, and clones of it. */
export interface Repository extends Disposable {
  /** Repositories of this directory are allowed; as workers know it. */
  readonly directory: string;
  readonly url: string;
  git(...args: string[]): string;
  /** Writes files, by name, and commits all that stands; answers the commit. */
  commit(files: Readonly<Record<string, string | Buffer>>): string;
  /** A clone at a commit. */
  clone(commit: string): string;
  /** The tree that git has of a clone once a command ran in one of its directories. */
  treeAfter(commit: string, command: string, directory?: string): string;
}

/** Makes a repository without a commit, in an empty directory that workers know by this or by another name. */
export function makeRepository(
  here: string = mkdtempSync(join(tmpdir(), 'drylane-repository-')),
  directory = here,
): Repository {
  const source = join(here, 'source');
  mkdirSync(source);
  const git = (...args: string[]): string => gitIn(source, args);
  git('init', '--quiet', '--initial-branch=main');
  let clones = 0;
  const repository: Repository = {
    ...{ directory, url: `file://${directory}/source`, git },
    commit(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(source, name)), { recursive: true });
        writeFileSync(join(source, name), content);
        chmodSync(join(source, name), 0o644);
      }
      git('add', '--all');
      git('commit', '--quiet', '--message', 'm');
      return git('rev-parse', 'HEAD');
    },
    clone(commit) {
      clones += 1;
      const clone = join(here, `clone-${clones}`);
      git('clone', '--quiet', '--', source, clone);
      gitIn(clone, ['checkout', '--quiet', '--detach', commit]);
      return clone;
    },
    treeAfter(commit, command, below = '.') {
      const clone = repository.clone(commit);
      execFileSync('bash', ['-c', command], { cwd: join(clone, below) });
      gitIn(clone, ['add', '--all']);
      return gitIn(clone, ['write-tree']);
    },
    [Symbol.dispose]: () => rmSync(here, { recursive: true, force: true }),
  };
  return repository;
}
