import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openTreeCache } from './cache.ts';
import { type GitOptions, type GitWorkspaces, openGitWorkspaces } from './git.ts';

const SETTINGS = ['user.name=C', 'user.email=c@d', 'core.hooksPath=/dev/null', 'core.autocrlf=false'];

/** Runs git in a repository, under nobody's configuration but this; gives what it prints. */
export function gitIn(repository: string, args: readonly string[], input = ''): string {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  return execFileSync('git', ['-C', repository, ...settings, ...args], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trim();
}

/** A repository that workspaces come from, with all that they need. */
export interface GitGround extends AsyncDisposable {
  readonly scratch: string;
  readonly repository: string;
  readonly url: string;
  run(...args: string[]): string;
  put(name: string, content: string, mode?: number): void;
  /** Commits all that stands, and gives the commit. */
  commit(): string;
  open(options?: Partial<GitOptions>): Promise<GitWorkspaces>;
  /** What stands where mirrors are kept. */
  mirrors(): string[];
}

/** Makes an empty repository in a directory of this test alone. */
export async function gitGround(): Promise<GitGround> {
  const scratch = mkdtempSync(join(tmpdir(), 'drylane-git-'));
  const repository = join(scratch, 'source/repository');
  mkdirSync(repository, { recursive: true });
  const cache = await openTreeCache(join(scratch, 'cache'), { budgetBytes: 2 ** 24 });
  const opened: Disposable[] = [];
  const run = (...args: string[]): string => gitIn(repository, args);
  run('init', '--quiet', '--initial-branch=main');
  return {
    ...{ scratch, repository, url: `file://${repository}`, run },
    put(name, content, mode = 0o644) {
      mkdirSync(dirname(join(repository, name)), { recursive: true });
      writeFileSync(join(repository, name), content);
      chmodSync(join(repository, name), mode);
    },
    commit() {
      run('add', '--all', '--force');
      run('commit', '--quiet', '--allow-empty', '--message', 'm');
      return run('rev-parse', 'HEAD');
    },
    async open(options = {}) {
      const workspaces = await openGitWorkspaces({
        directory: join(scratch, 'mirrors'),
        ...{ mirrors: 4, cache, owner: null },
        allowed: { hosts: [], directories: [join(scratch, 'source')] },
        bounds: { timeoutMs: 30_000, fileBytes: 2 ** 26 },
        limits: { entries: 100, bytes: 2 ** 22, ratio: 100, depth: 8 },
        ...options,
      });
      opened.push(workspaces);
      return workspaces;
    },
    mirrors: () => readdirSync(join(scratch, 'mirrors')),
    async [Symbol.asyncDispose]() {
      for (const one of opened) one[Symbol.dispose]();
      await cache[Symbol.asyncDispose]();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
