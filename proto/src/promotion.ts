import { z } from 'zod';
import { PromotionMode } from './approval.ts';
import { Finding } from './decision.ts';
import { Digest } from './digest.ts';
import { RunId } from './ids.ts';
import { RUN_STATES } from './lifecycle.ts';
import { PromotionResult } from './receipt.ts';
import { ReceiptRef, Rehearsal } from './rehearsal.ts';

/** What became of a promotion. */
export const Promotion = z.strictObject({
  mode: PromotionMode,
  result: PromotionResult,
  merged: z
    .array(z.string())
    .describe('Paths where changes of others since the rehearsal were kept beside ours'),
  drifts: z
    .array(z.strictObject({ path: z.string(), expected: z.string(), found: z.string() }))
    .describe('What was no longer as it was rehearsed on; then nothing landed'),
  divergences: z.array(Finding).describe('In what the live run did otherwise than its rehearsal'),
  conflicts: z
    .array(z.string())
    .describe('Paths that a person has to look at; what stood there before is kept'),
  evidence_digest: Digest.nullable().describe('Of a live run'),
});
export type Promotion = z.infer<typeof Promotion>;

/** What a promotion says of whatever nobody knows anything of. */
export const NOTHING_TOLD: Omit<Promotion, 'mode' | 'result'> = {
  ...{ merged: [], drifts: [], divergences: [], conflicts: [], evidence_digest: null },
};

/** What `drylane apply --json` prints. */
export const Promoted = z.strictObject({
  run_id: RunId,
  state: z.enum(RUN_STATES),
  promotion: Promotion,
  receipt: ReceiptRef.nullable(),
});
export type Promoted = z.infer<typeof Promoted>;

/** What `drylane execute --json` prints: the rehearsal, and what came of it. */
export const Execution = z.strictObject({
  ...Rehearsal.shape,
  state: z.enum(RUN_STATES),
  promotion: Promotion.nullable().describe('Null where nothing was promoted'),
});
export type Execution = z.infer<typeof Execution>;
