import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, startFleet } from './fleet.ts';
import { type GitAsker, openGitAsker } from './git-asking.ts';
import { gitCases } from './git-cases.ts';
import { makeRepository, type Repository } from './repository.ts';

let repository: Repository;
let fleet: Fleet;
let asker: GitAsker;
beforeAll(async () => {
  repository = makeRepository();
  const worker = {
    DRYLANE_GIT_SOURCES: `git.example,file:${repository.directory}`,
    DRYLANE_LOCK: '2s',
  };
  fleet = await startFleet({ environment: { rehearsal: worker, live: worker } });
  asker = await openGitAsker(fleet, repository);
}, 180_000);
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  repository?.[Symbol.dispose]();
}, 60_000);

gitCases(() => ({ fleet, repository }));

/** Waits until a worker has the tree in which a text stands. */
async function untilFetched(text: string): Promise<void> {
  const found = () =>
    execFileSync('sh', ['-c', 'grep -rls "$1" "$2" || true', '-', text, join(fleet.root, 'rehearsal/trees')]);
  await expect.poll(() => found().length, { timeout: 20_000 }).toBeGreaterThan(0);
}

describe('a run on a git tree that is changed meanwhile', () => {
  it('is of the commit that its branch had when it began, wherever that moves', async () => {
    const began = repository.commit({ 'site/mark.txt': 'began\n' });
    const { id } = await asker.agent.submit(asker.envelope('sleep 4; cp mark.txt copy.txt'));
    await untilFetched('began');
    const moved = repository.commit({ 'site/mark.txt': 'moved\n' });
    await asker.agent.until(id, 'promotable');
    expect(await asker.shownCommit(id)).toBe(began);
    expect(await asker.landed(id, began)).toBe(repository.treeAfter(began, 'cp mark.txt copy.txt', 'site'));
    expect(moved).not.toBe(began);
  });

  it('is judged, shown and given as the attempt that answered saw it', async () => {
    repository.commit({ 'site/mark.txt': 'before the crash\n' });
    const { id } = await asker.agent.submit(asker.envelope('sleep 4; cp mark.txt copy.txt'));
    await untilFetched('before the crash');
    await fleet.processes.get('rehearsal')?.end('SIGKILL');
    const after = repository.commit({ 'site/mark.txt': 'after the crash\n' });
    await fleet.start('rehearsal');
    await asker.agent.until(id, 'promotable');
    expect(await asker.shownCommit(id)).toBe(after);
    expect(await asker.landed(id, after)).toBe(repository.treeAfter(after, 'cp mark.txt copy.txt', 'site'));
    const diff = await (await asker.agent.ask('GET', `/v1/runs/${id}/diff`)).text();
    expect(diff).toContain('+after the crash');
    expect(diff).not.toContain('before the crash');
  }, 90_000);
});
