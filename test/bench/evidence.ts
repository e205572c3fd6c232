import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectEngine } from '@drylane/worker/sandbox/engine';
import { type Row, rowOf } from './rows.ts';
import { openStaged } from './staged.ts';

const CHANGE = 'find . -name "f*" -type f -exec sed -i s/one/two/ {} +';

/**
 * From the end of a command that changed so many files until all of its evidence is there, diffs too, beside what git takes
 * to tell of the same change.
 */
export async function evidenceRows(place: string, rounds: number, files: number): Promise<readonly Row[]> {
  const site = join(place, `changed-${files}`);
  await mkdir(site);
  for (let i = 0; i < files; i++) {
    if (i % 100 === 0) await mkdir(join(site, `d${i / 100}`));
    await writeFile(join(site, `d${Math.floor(i / 100)}`, `f${i}`), `one\n${i}\n`.repeat(20));
  }
  await using staged = openStaged(await connectEngine(), join(place, 'evidence'), 0);
  const [ours, gits]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const whole = await staged.rehearse(CHANGE, site, { timeout: '120s', disk: '1Gi' });
    await staged.rested(0);
    const before = ['prepare', 'begin', 'command', 'end'].map(
      (stage) => staged.stages.get(stage)?.at(-1) ?? 0,
    );
    const git = await gitTook(site, join(place, 'repository'));
    if (round === 0) continue;
    ours.push(whole - before.reduce((sum, ms) => sum + ms, 0));
    gits.push(git);
  }
  const [mib] = [process.resourceUsage().maxRSS / 1024];
  const other = { name: 'git status and git diff --numstat', times: gits };
  const row = rowOf(`evidence of ${files} changed files`, ours, other);
  return [{ ...row, stages: { ...row.stages, 'most memory of this process, MiB': Math.round(mib) } }];
}

/** How long git takes to say what changed, in a repository that has just been changed so. */
async function gitTook(site: string, repository: string): Promise<number> {
  await rm(repository, { recursive: true, force: true });
  await cp(site, repository, { recursive: true });
  const git = (...args: readonly string[]): void => {
    const { status } = spawnSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@b', ...args], {
      cwd: repository,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new Error('git in the bench did not end well');
  };
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'before');
  spawnSync('bash', ['-c', CHANGE], { cwd: repository });
  const startedAt = performance.now();
  git('status', '--porcelain');
  git('diff', '--numstat');
  return performance.now() - startedAt;
}
