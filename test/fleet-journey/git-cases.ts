import { gitIn } from '@drylane/worker/workspaces/git.fixture';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Client } from './client.ts';
import { type GitAsker, INTENT, openGitAsker } from './git-asking.ts';
import type { Outside } from './outside.ts';
import type { Repository } from './repository.ts';

const NOISE = Buffer.from(Array.from({ length: 9000 }, (_, index) => (index * index * 31) % 251));

/** How runs on git trees go through a fleet, from outside. Makes the first commit of the repository. */
export function gitCases(of: () => { readonly fleet: Outside; readonly repository: Repository }): void {
  let fleet: Outside;
  let repository: Repository;
  let asker: GitAsker;
  let agent: Client;
  let first: string;
  beforeAll(async () => {
    ({ fleet, repository } = of());
    first = repository.commit({
      'site/a.txt': 'old\n',
      'site/gone.txt': 'gone\n',
      'site/moved.txt': 'moved\n',
      'site/noise.bin': NOISE,
      'site/tool': '#!/bin/sh\n',
      'site/private.txt': 'p\n',
      'other.md': 'o\n',
    });
    asker = await openGitAsker(fleet, repository);
    ({ agent } = asker);
  });

  describe('a run on a git tree', () => {
    it('gives a patch with which git am makes exactly the files that were rehearsed', async () => {
      const command = `echo new > a.txt; rm gone.txt; mv moved.txt there.txt; chmod +x tool; mkdir d
        printf '\\x00\\xff\\x0d\\x0a' >> noise.bin; echo '#!/bin/sh' > d/new; chmod 755 d/new; ln -s ../a.txt d/link`;
      const { id } = await agent.submit(asker.envelope(command, {}, { task: 'nightly/site' }));
      await agent.until(id, 'promotable');
      expect(await asker.shownCommit(id)).toBe(first);
      const clone = await asker.landIn(id, first);
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
      const { id } = await agent.submit(asker.envelope(command));
      await agent.until(id, 'promotable');
      const clone = await asker.landIn(id, first);
      expect(gitIn(clone, ['rev-parse', 'HEAD^{tree}'])).toBe(repository.treeAfter(first, command, 'site'));
      expect(gitIn(clone, ['log', '-1', '--format=%ae %s'])).toMatch(
        /^noreply@drylane.invalid Run echo a > /,
      );
      expect(gitIn(clone, ['rev-list', '--count', 'HEAD'])).toBe('2');
    });

    it('says in the patch what git keeps not', async () => {
      const { id } = await agent.submit(
        asker.envelope('echo q > private.txt; chmod 600 private.txt; mkdir empty'),
      );
      await agent.until(id, 'promotable');
      const patch = await asker.patchOf(id);
      expect(/\n---\n([\s\S]*?)\n\ndiff/.exec(patch)?.[1]?.split('\n')).toEqual([
        'Not in this patch: 1 × git keeps no empty directories.',
        'Not in this patch: 1 × of a mode, git keeps whether the file is a program.',
      ]);
      const { id: nothing } = await agent.submit(asker.envelope('mkdir empty'));
      await agent.until(nothing, 'promotable');
      const refused = await agent.ask('GET', `/v1/runs/${nothing}/patch`);
      expect([refused.status, await refused.text()]).toEqual([
        404,
        expect.stringContaining('no patch can carry'),
      ]);
    });

    it('has no patch where it may not land, and none of another workspace or tenant', async () => {
      const { id } = await agent.submit(asker.envelope('echo new > a.txt; echo x > ../other.md'));
      await agent.until(id, 'blocked');
      expect((await agent.ask('GET', `/v1/runs/${id}/patch`)).status).toBe(404);
      const { id: other } = await agent.submit(asker.envelope('echo new > a.txt'));
      await agent.until(other, 'promotable');
      const stranger = await fleet.client('approver', 'ops');
      expect((await stranger.ask('GET', `/v1/runs/${other}/patch`)).status).toBe(404);
    });

    it('is approved as the commit and the patch that were shown', async () => {
      const intent = { ...INTENT, expected_exit: [3] };
      const { id } = await agent.submit(asker.envelope('echo new > a.txt', {}, { intent }));
      await agent.until(id, 'awaiting-live-approval');
      expect(await asker.shownCommit(id)).toBe(first);
      expect((await asker.approver.decide(id, 'approve')).status).toBe(200);
      await agent.until(id, 'promotable');
      expect(await asker.landed(id, first)).toBe(repository.treeAfter(first, 'echo new > a.txt', 'site'));
    });

    it.each([
      ['no such ref', { ref: 'nope' }, 'is no branch, no tag, and no commit of one'],
      [
        'a host that is not allowed',
        { url: 'https://elsewhere.example/r' },
        'is not a host that repositories',
      ],
      ['another directory', { url: 'file:///etc' }, 'is a directory of this machine'],
      ['a repository that is not there', { url: 'nope' }, 'could not be fetched'],
    ])('ends without a verdict on %s, and says why', async (_, git, reason) => {
      const there = 'url' in git && git.url === 'nope' ? { url: `file://${repository.directory}/nope` } : git;
      const { id } = await agent.submit(asker.envelope('echo new > a.txt', there), true);
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
      const run = await agent.submit(asker.envelope('echo new > a.txt', git));
      expect(run).toMatchObject({ state: 'refused', reason: expect.stringContaining(field) });
    });
  });
}
