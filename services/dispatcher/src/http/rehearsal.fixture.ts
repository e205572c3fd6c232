import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { Json, Work } from '@drylane/chassis/transport/transport';
import type { ChangeSet } from '@drylane/proto/change-set';
import { digestOf } from '@drylane/proto/digest';
import type { Evidence, FileState } from '@drylane/proto/evidence';
import { blankChange, blankEvidence } from '@drylane/proto/evidence.fixture';
import { Policy } from '@drylane/proto/policy';
import { Job, Rehearsed } from '@drylane/proto/task';
import { keep, recall } from '../desk/record.ts';

/** Every run is asked about, each anew, so that there is something to decide. */
export const POLICY = Policy.parse({
  version: 1,
  approvals: { live: { from: 'low', sticky: false } },
  workspaces: { roots: ['/srv/site'] },
});

const stateOf = (text: string): FileState => ({
  ...{ type: 'file', size: Buffer.byteLength(text), mode: '0644', uid: 1000, gid: 1000, target: null },
  sha256: digestOf(text).slice('sha256:'.length),
});

export const BEFORE = 'title: old\n';
export const AFTER = 'title: new\n';
export const LAYER = Buffer.from('the bytes of a layer');
export const BASES = Buffer.from('the bytes of the bases');
export const PATCH = Buffer.from('what git am takes');

export const PATCHES = [
  {
    path: 'blog/a.md',
    text: '--- a/blog/a.md\n+++ b/blog/a.md\n@@ -1 +1 @@\n-title: old\n+title: new\n',
    cut: false,
  },
  { path: 'blog/b.md', text: '--- a/blog/b.md\n+++ b/blog/b.md\n@@ -1 +1 @@\n-\x1b[2J\n+x', cut: true },
];

const EVIDENCE: Evidence = blankEvidence({
  changes: [blankChange('blog/a.md', { before: stateOf(BEFORE), after: stateOf(AFTER) })],
});

/** Answers as a worker does: one file changed, on whatever the command was to work on. */
export function rehearseWork(blobs: Blobs): Work {
  return async ({ data }): Promise<Json> => {
    const { source } = await recall(blobs, 'task', Job.parse(data).task);
    const isTree = 'git' in source;
    const [evidence, patches, changes] = await Promise.all([
      keep(blobs, EVIDENCE),
      keep(blobs, PATCHES),
      keep(blobs, await changeSet(blobs)),
    ]);
    const rehearsed: Rehearsed = {
      ...{ ok: true, evidence, patches, change_set: changes, raw_output: null, took_ms: 1 },
      place: 'path' in source ? { path: source.path, dev: '1', ino: '2', fingerprint: null } : null,
      patch: isTree ? { digest: await blobs.put(PATCH), size: PATCH.length } : null,
      commit: isTree ? 'c'.repeat(40) : null,
    };
    return rehearsed;
  };
}

/** Answers as a comparator does that has found nothing. */
export function compareWork(blobs: Blobs): Work {
  return async ({ data, before }): Promise<Json> => {
    const { policy } = await recall(blobs, 'task', Job.parse(data).task);
    const rehearsed = Rehearsed.options[0].parse(before?.ok === true ? before.value : undefined);
    const { evidence, change_set } = rehearsed;
    const grounds = { policy_digest: policy, evidence_digest: evidence, change_set_digest: change_set };
    return { ok: true, rehearsed, decision: { verdict: 'promote', findings: [], ...grounds } };
  };
}

async function changeSet(blobs: Blobs): Promise<ChangeSet> {
  return {
    version: 1,
    entries: [
      {
        ...{ path: 'blog/a.md', kind: 'modified', mtime: null },
        ...{ before: stateOf(BEFORE), after: stateOf(AFTER) },
      },
    ],
    layer: { digest: await blobs.put(LAYER), size: LAYER.length },
    bases: { digest: await blobs.put(BASES), size: BASES.length },
  };
}
