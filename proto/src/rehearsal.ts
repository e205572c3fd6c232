import { z } from 'zod';
import { Finding, Verdict } from './decision.ts';
import { Digest } from './digest.ts';
import { Evidence } from './evidence.ts';
import { RunId } from './ids.ts';
import { Risk } from './risk.ts';

/** A receipt by its place in the chain and its digest. */
export const ReceiptRef = z.strictObject({ sequence: z.int().min(0), digest: Digest });
export type ReceiptRef = z.infer<typeof ReceiptRef>;

/** What `drylane rehearse --json` prints: one document, the whole of what a rehearsal found. */
export const Rehearsal = z.strictObject({
  run_id: RunId,
  task: z.string().nullable(),
  verdict: Verdict,
  risk: Risk,
  findings: z.array(Finding),
  evidence: Evidence,
  change_set: z.strictObject({ digest: Digest }).nullable().describe('Null when there is nothing to promote'),
  receipt: ReceiptRef.nullable().describe('Null while the run has not ended: it may still be promoted'),
});
export type Rehearsal = z.infer<typeof Rehearsal>;
