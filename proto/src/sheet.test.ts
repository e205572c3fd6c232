import { describe, expect, it } from 'vitest';
import { bindingOf } from './approval.ts';
import { digestOf } from './digest.ts';
import { blankEvidence } from './evidence.fixture.ts';
import { runId } from './ids.ts';
import { Sheet, sheetOf } from './sheet.ts';

const digest = digestOf('x');

const facts: Parameters<typeof sheetOf>[0] = {
  state: 'awaiting-live-approval',
  subject: {
    ...{ run: runId(0, new Uint8Array(10)), lane: 'live', envelope: digest, judgement: digest },
    ...{
      evidence: digest,
      patches: digest,
      change_set: digest,
      image: digest,
      policy: digest,
      mode: 'apply',
    },
  },
  submitter: 'token:ci',
  envelope: { command: 'ls', working_dir: '/w', intent: { mode: 'read-only' } },
  forbidden: ['.git/'],
  landing: { workspace: { path: '/w' }, hosts: [], credentials: [] },
  risk: {
    ...{ score: 0, level: 'low', reasons: [], programs: [], opaque: false, parsed: true },
    dimensions: { write: 0, network: 0, credential: 0, blast_radius: 0 },
  },
  ...{ verdict: 'promote', findings: [], diff: null, approvals: [], missing: 1, waits_until_ms: null },
  evidence: blankEvidence({ stdout: { text: '', bytes: 9, truncated: true, redactions: 0 } }),
};

describe('what an approver is shown', () => {
  it('is bound to its subject, and says how much of it is cut', () => {
    const sheet = sheetOf(facts, [{ cut: true }, { cut: false }, { cut: true }]);
    expect(Sheet.parse(sheet)).toEqual(sheet);
    expect(sheet.bound).toBe(bindingOf(facts.subject));
    expect(sheet.cut).toEqual({ diffs: 2, of: 3, stdout: true, stderr: false });
  });

  it('before a rehearsal has nothing that could be cut', () => {
    const { cut } = sheetOf({ ...facts, evidence: null }, []);
    expect(cut).toEqual({ diffs: 0, of: 0, stdout: false, stderr: false });
  });
});
