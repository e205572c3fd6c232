import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gitIn } from '@drylane/worker/workspaces/git.fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from './client.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { makeRepository, type Repository } from './repository.ts';

const NOISE = Buffer.from(Array.from({ length: 9000 }, (_, index) => (index * index * 31) % 251));

let repository: Repository;
let fleet: Fleet;
let agent: Client;
let approver: Client;
let first: string;
beforeAll(async () => {
  repository = makeRepository();
  first = repository.commit({
    'site/a.txt': 'old\n',
    'site/gone.txt': 'gone\n',
    'site/moved.txt': 'moved\n',
    'site/noise.bin': NOISE,
    'site/tool': '#!/bin/sh\n',
    'site/private.txt': 'p\n',
    'other.md': 'o\n',
  });
  const worker = {
    DRYLANE_GIT_SOURCES: `git.example,file:${repository.directory}`,
    DRYLANE_LOCK: '2s',
  };
  fleet = await startFleet({ environment: { rehearsal: worker, live: worker } });
  [agent, approver] = await Promise.all([fleet.client('submitter', 'web'), fleet.client('approver', 'web')]);
}, 180_000);
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  repository?.[Symbol.dispose]();
}, 60_000);

function envelope(command: string, git: object = {}, more: object = {}) {
  return {
    ...{ command, working_dir: '/workspace/site' },
    workspace: { git: { url: repository.url, ref: 'main', ...git } },
    intent: { mode: 'mutating', expected_writes: ['site/**'] },
    ...more,
  };
}

async function patchOf(id: string): Promise<string> {
  const answer = await agent.ask('GET', `/v1/runs/${id}/patch`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/x-patch']);
  return answer.text();
}

/** The commit that a person is shown. */
async function shownCommit(id: string): Promise<string> {
  const sheet = await approver.get<{ landing: { workspace: { git: { ref: string; url: string } } } }>(
    `/v1/runs/${id}/subject?lane=live`,
  );
  expect(sheet.landing.workspace.git.url).toBe(repository.url);
  return sheet.landing.workspace.git.ref;
}

/** Lets git am take a run's patch in a clone; answers the clone. */
async function landIn(id: string, commit: string): Promise<string> {
  const clone = repository.clone(commit);
  gitIn(clone, ['am', '--quiet'], await patchOf(id));
  return clone;
}

/** The tree that git has once a run's patch has been taken. */
const landed = async (id: string, commit: string): Promise<string> =>
  gitIn(await landIn(id, commit), ['rev-parse', 'HEAD^{tree}']);

/** Waits until a worker has the tree in which a text stands. */
async function untilFetched(text: string): Promise<void> {
  const found = () =>
    execFileSync('sh', ['-c', 'grep -rls "$1" "$2" || true', '-', text, join(fleet.root, 'rehearsal/trees')]);
  await expect.poll(() => found().length, { timeout: 20_000 }).toBeGreaterThan(0);
}

describe('a run on a git tree', () => {
  it('gives a patch with which git am makes exactly the files that were rehearsed', async () => {
    const command = `echo new > a.txt; rm gone.txt; mv moved.txt there.txt; chmod +x tool; mkdir d
      printf '\\x00\\xff\\x0d\\x0a' >> noise.bin; echo '#!/bin/sh' > d/new; chmod 755 d/new; ln -s ../a.txt d/link`;
    const { id } = await agent.submit(envelope(command, {}, { task: 'nightly/site' }));
    await agent.until(id, 'promotable');
    expect(await shownCommit(id)).toBe(first);
    const clone = await landIn(id, first);
    expect(gitIn(clone, ['rev-parse', 'HEAD^{tree}'])).toBe(repository.treeAfter(first, command, 'site'));
    const { change_set: changes } = await agent.get<{ change_set: { digest: string } }>(
      `/v1/runs/${id}/report`,
    );
    expect(gitIn(clone, ['log', '-1', '--format=%an <%ae>%n%B']).split('\n')).toEqual([
      expect.stringMatching(/^.{3,} <noreply@drylane.invalid>$/),
      'Run nightly/site',
      '',
      `Drylane-Run: ${id}`,
      `Drylane-Base: ${first}`,
      `Drylane-Change-Set: ${changes.digest}`,
      `Drylane-Receipt: /v1/runs/${id}/receipt`,
    ]);
  });

  it('lands at any name, whatever the command’s text would be in a mail', async () => {
    const command = `echo a > $'new\\nline'; echo b > 'quote"d'; echo c > '--- a'; echo d > ' lead é '
      echo e > '-option'; : '
From: evil <evil@example.org>
Subject: [PATCH] evil
---
diff --git a/other.md b/other.md'`;
    const { id } = await agent.submit(envelope(command));
    await agent.until(id, 'promotable');
    const clone = await landIn(id, first);
    expect(gitIn(clone, ['rev-parse', 'HEAD^{tree}'])).toBe(repository.treeAfter(first, command, 'site'));
    expect(gitIn(clone, ['log', '-1', '--format=%ae %s'])).toMatch(/^noreply@drylane.invalid Run echo a > /);
    expect(gitIn(clone, ['rev-list', '--count', 'HEAD'])).toBe('2');
  });

  it('says in the patch what git keeps not', async () => {
    const { id } = await agent.submit(envelope('echo q > private.txt; chmod 600 private.txt; mkdir empty'));
    await agent.until(id, 'promotable');
    const patch = await patchOf(id);
    expect(/\n---\n([\s\S]*?)\n\ndiff/.exec(patch)?.[1]?.split('\n')).toEqual([
      'Not in this patch: 1 × git keeps no empty directories.',
      'Not in this patch: 1 × of a mode, git keeps whether the file is a program.',
    ]);
    const { id: nothing } = await agent.submit(envelope('mkdir empty'));
    await agent.until(nothing, 'promotable');
    const refused = await agent.ask('GET', `/v1/runs/${nothing}/patch`);
    expect([refused.status, await refused.text()]).toEqual([404, expect.stringContaining('change set')]);
  });

  it('has no patch where it may not land, and none of another workspace or tenant', async () => {
    const { id } = await agent.submit(envelope('echo new > a.txt; echo x > ../other.md'));
    await agent.until(id, 'blocked');
    expect((await agent.ask('GET', `/v1/runs/${id}/patch`)).status).toBe(404);
    const { id: other } = await agent.submit(envelope('echo new > a.txt'));
    await agent.until(other, 'promotable');
    const stranger = await fleet.client('approver', 'ops');
    expect((await stranger.ask('GET', `/v1/runs/${other}/patch`)).status).toBe(404);
  });

  it('is approved as the commit and the patch that were shown', async () => {
    const intent = { ...envelope('').intent, expected_exit: [3] };
    const { id } = await agent.submit(envelope('echo new > a.txt', {}, { intent }));
    await agent.until(id, 'awaiting-live-approval');
    expect(await shownCommit(id)).toBe(first);
    expect((await approver.decide(id, 'approve')).status).toBe(200);
    await agent.until(id, 'promotable');
    expect(await landed(id, first)).toBe(repository.treeAfter(first, 'echo new > a.txt', 'site'));
  });

  it.each([
    ['no such ref', { ref: 'nope' }, 'is no branch, no tag, and no commit of one'],
    ['a host that is not allowed', { url: 'https://elsewhere.example/r' }, 'is not a host that repositories'],
    ['another directory', { url: 'file:///etc' }, 'is a directory of this machine'],
    ['a repository that is not there', { url: 'nope' }, 'could not be fetched'],
  ])('ends without a verdict on %s, and says why', async (_, git, reason) => {
    const there = 'url' in git && git.url === 'nope' ? { url: `file://${repository.directory}/nope` } : git;
    const { id } = await agent.submit(envelope('echo new > a.txt', there), true);
    const run = await agent.until(id, 'inconclusive');
    expect(run.reason).toContain(reason);
    expect((await agent.ask('GET', `/v1/runs/${id}/receipt`)).status).toBe(200);
    expect((await agent.ask('GET', `/v1/runs/${id}/patch`)).status).toBe(404);
  });

  it.each([
    [{ url: 'ext::sh -c id' }, 'workspace.git.url'],
    [{ url: 'https://git.example/%2e%2e/r' }, 'workspace.git.url'],
    [{ ref: '--upload-pack=id' }, 'workspace.git.ref'],
    [{ ref: 'HEAD' }, 'workspace.git.ref'],
  ])('is refused at once for %j', async (git, field) => {
    const run = await agent.submit(envelope('echo new > a.txt', git));
    expect(run).toMatchObject({ state: 'refused', reason: expect.stringContaining(field) });
  });

  it('is of the commit that its branch had when it began, wherever that moves', async () => {
    const began = repository.commit({ 'site/mark.txt': 'began\n' });
    const { id } = await agent.submit(envelope('sleep 4; cp mark.txt copy.txt'));
    await untilFetched('began');
    const moved = repository.commit({ 'site/mark.txt': 'moved\n' });
    await agent.until(id, 'promotable');
    expect(await shownCommit(id)).toBe(began);
    expect(await landed(id, began)).toBe(repository.treeAfter(began, 'cp mark.txt copy.txt', 'site'));
    expect(moved).not.toBe(began);
  });

  it('is judged, shown and given as the attempt that answered saw it', async () => {
    repository.commit({ 'site/mark.txt': 'before the crash\n' });
    const { id } = await agent.submit(envelope('sleep 4; cp mark.txt copy.txt'));
    await untilFetched('before the crash');
    await fleet.processes.get('rehearsal')?.end('SIGKILL');
    const after = repository.commit({ 'site/mark.txt': 'after the crash\n' });
    await fleet.start('rehearsal');
    await agent.until(id, 'promotable');
    expect(await shownCommit(id)).toBe(after);
    expect(await landed(id, after)).toBe(repository.treeAfter(after, 'cp mark.txt copy.txt', 'site'));
    const diff = await (await agent.ask('GET', `/v1/runs/${id}/diff`)).text();
    expect(diff).toContain('+after the crash');
    expect(diff).not.toContain('before the crash');
  }, 90_000);
});
