import type { ChangeSet } from '@drylane/proto/change-set';
import { digestOf } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import type { Evidence, FileState } from '@drylane/proto/evidence';
import { blankChange, blankEvidence } from '@drylane/proto/evidence.fixture';
import type { RunId } from '@drylane/proto/ids';
import { Policy } from '@drylane/proto/policy';
import { classify } from '../classify/classify.ts';
import type { Desk } from '../desk/desk.ts';
import { keep } from '../desk/record.ts';
import { type RehearsalSettled, settleRehearsal } from '../desk/rehearsed.ts';

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

/** What a rehearsal of one changed file leaves, and what follows from it, as a fleet's settle would record it. */
export async function rehearseOne(
  desk: Desk,
  id: RunId,
  { envelope, submitter }: { readonly envelope: Envelope; readonly submitter: string },
  policy = POLICY,
): Promise<RehearsalSettled> {
  const { blobs } = desk;
  const changeSet: ChangeSet = {
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
  const [evidence, patches, changes] = await Promise.all([
    keep(blobs, EVIDENCE),
    keep(blobs, PATCHES),
    keep(blobs, changeSet),
  ]);
  return settleRehearsal(desk, policy, {
    ...{ id, submitter, envelope, forbidden: ['.git/'], promotion: envelope.promotion ?? 'auto' },
    envelopeDigest: (await desk.ledger.readRun(id)).run.envelope_digest,
    risk: classify(envelope.command, policy.risk),
    ...{ evidence: EVIDENCE, patches, rawOutput: null, place: null, git: null },
    decision: {
      ...{ verdict: 'promote', findings: [], policy_digest: await keep(blobs, policy) },
      ...{ evidence_digest: evidence, change_set_digest: changes },
    },
  });
}
