import { type Judgement, keep } from '@drylane/dispatcher/desk/record';
import type { LedgerEvent } from '@drylane/dispatcher/ledger/event';
import { digestOf } from '@drylane/proto/digest';
import type { Evidence } from '@drylane/proto/evidence';
import { blankEvidence } from '@drylane/proto/evidence.fixture';
import { runId } from '@drylane/proto/ids';
import { Policy } from '@drylane/proto/policy';
import { openDesk } from './desk.ts';

/** The run that tests keep. */
export const RUN = runId(1_700_000_000_000, new Uint8Array(10));
const DIGEST = digestOf('x');
const JUDGEMENT: Judgement = {
  decision: {
    verdict: 'promote',
    findings: [],
    policy_digest: DIGEST,
    evidence_digest: DIGEST,
    change_set_digest: null,
  },
  risk: {
    score: 0,
    level: 'low',
    dimensions: { write: 0, network: 0, credential: 0, blast_radius: 0 },
    reasons: [],
    programs: [],
    opaque: false,
    parsed: true,
  },
  envelope: {
    command: 'ls \x1b[2J',
    working_dir: '/w',
    workspace: { path: '/w' },
    intent: { mode: 'read-only' },
  },
  forbidden: [],
  approval_required: false,
};

/** Keeps a run in a state directory, with sealed raw output or without. */
export async function keepRun(
  state: string,
  raw: Uint8Array | null,
  evidence: Evidence = blankEvidence(),
): Promise<void> {
  const desk = await openDesk(state, {});
  const { ledger, blobs } = desk;
  const events: LedgerEvent[] = [
    {
      type: 'submitted',
      task: null,
      command: 'ls',
      envelope_digest: DIGEST,
      policy_digest: await keep(blobs, Policy.parse({ version: 1 })),
      owner: 'me',
    },
    { type: 'moved', to: 'rehearsing', reason: null },
    {
      type: 'rehearsed',
      evidence_digest: await keep(blobs, evidence),
      patches_digest: null,
      ...(raw !== null && { raw_output_digest: await blobs.put(raw) }),
    },
    { type: 'decided', verdict: 'promote', decision_digest: await keep(blobs, JUDGEMENT) },
  ];
  await ledger.append(RUN, events, 1_700_000_000_000);
  await desk.close();
}
