import { z } from 'zod';
import { Finding, Verdict } from './decision.ts';
import { Digest } from './digest.ts';
import { Evidence } from './evidence.ts';
import { RunId } from './ids.ts';
import { Risk } from './risk.ts';

/** What `drylane rehearse --json` prints: one document, the whole of what a rehearsal found. */
export const Rehearsal = z.strictObject({
  run_id: RunId,
  task: z.string().nullable(),
  verdict: Verdict,
  risk: Risk,
  findings: z.array(Finding),
  evidence: Evidence,
  change_set: z.strictObject({ digest: Digest }).nullable().describe('Null when there is nothing to promote'),
  receipt: z.null().describe('Receipts are not part of this document yet'),
});
export type Rehearsal = z.infer<typeof Rehearsal>;
