import { gitIn } from '@drylane/worker/workspaces/git.fixture';
import { expect } from 'vitest';
import type { Client } from './client.ts';
import type { Outside } from './outside.ts';
import type { Repository } from './repository.ts';

/** Whoever lets commands run on a git tree, and takes what comes of it. */
export interface GitAsker {
  readonly agent: Client;
  readonly approver: Client;
  /** A command in the directory `site` of the branch `main`, unless `git` says another place. */
  envelope(command: string, git?: object, more?: object): object;
  patchOf(id: string): Promise<string>;
  /** The commit that a person is shown. */
  shownCommit(id: string): Promise<string>;
  /** Lets git am take a run's patch in a clone; answers the clone. */
  landIn(id: string, commit: string): Promise<string>;
  /** The tree that git has once a run's patch has been taken. */
  landed(id: string, commit: string): Promise<string>;
}

export const INTENT = { mode: 'mutating', expected_writes: ['site/**'] };

export async function openGitAsker(fleet: Outside, repository: Repository): Promise<GitAsker> {
  const [agent, approver] = await Promise.all([
    fleet.client('submitter', 'web'),
    fleet.client('approver', 'web'),
  ]);
  const asker: GitAsker = {
    ...{ agent, approver },
    envelope: (command, git = {}, more = {}) => ({
      ...{ command, working_dir: '/workspace/site', intent: INTENT },
      workspace: { git: { url: repository.url, ref: 'main', ...git } },
      ...more,
    }),
    async patchOf(id) {
      const answer = await agent.ask('GET', `/v1/runs/${id}/patch`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/x-patch']);
      return answer.text();
    },
    async shownCommit(id) {
      const sheet = await approver.get<{ landing: { workspace: { git: { ref: string; url: string } } } }>(
        `/v1/runs/${id}/subject?lane=live`,
      );
      expect(sheet.landing.workspace.git.url).toBe(repository.url);
      return sheet.landing.workspace.git.ref;
    },
    async landIn(id, commit) {
      const clone = repository.clone(commit);
      gitIn(clone, ['am', '--quiet'], await asker.patchOf(id));
      return clone;
    },
    landed: async (id, commit) => gitIn(await asker.landIn(id, commit), ['rev-parse', 'HEAD^{tree}']),
  };
  return asker;
}
