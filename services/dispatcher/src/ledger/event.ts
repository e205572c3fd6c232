import { Approval, PromotionMode } from '@drylane/proto/approval';
import { VERDICTS } from '@drylane/proto/decision';
import { Digest } from '@drylane/proto/digest';
import { RUN_STATES } from '@drylane/proto/lifecycle';
import { PromotionResult } from '@drylane/proto/receipt';
import { RISK_LEVELS } from '@drylane/proto/risk';
import { z } from 'zod';

const State = z.enum(RUN_STATES);
const Tenant = z.string().min(1).max(100);
const Owner = z.string().min(1).describe('Names the process that works on the run');
/** A place in a trace, as https://www.w3.org/TR/trace-context/ writes it. */
const Traceparent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
const StickyKey = Digest.nullable().describe('What else it counts for; null: for nothing but this run');

/** How an attempt to land ended. `rolled-back`: it is proven that nothing of it landed, so it may be tried again. */
export const SettledResult = z.enum([...PromotionResult.options, 'rolled-back']);
export type SettledResult = z.infer<typeof SettledResult>;

/** One thing that happened to a run. What is text in it has been scrubbed before it gets here. */
export const LedgerEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('submitted'),
    task: z.string().nullable(),
    command: z.string().describe('Redacted'),
    envelope_digest: Digest,
    policy_digest: Digest,
    owner: Owner,
    submitter: z.string().min(1).max(300).optional().describe('Who may not approve it'),
    tenant: Tenant.optional().describe('Left out on one machine'),
    task_digest: Digest.optional().describe('In a fleet: what its workers are to do'),
    promote: z.boolean().optional().describe('Whether it lands by itself once it may'),
    trace: Traceparent.optional().describe('Where what is done for it belongs, if traces are kept'),
  }),
  z.strictObject({
    type: z.literal('requested'),
    by: z.string().min(1).max(300).describe('Who asked that it lands once it may'),
  }),
  z.strictObject({
    type: z.literal('classified'),
    score: z.number().min(0).max(10),
    level: z.enum(RISK_LEVELS),
  }),
  z.strictObject({
    type: z.literal('rehearsed'),
    evidence_digest: Digest,
    patches_digest: Digest.nullable().describe('The diffs, where there are any'),
    raw_output_digest: Digest.optional().describe('The raw output, sealed, where policy says for whom'),
    change_set_digest: Digest.optional().describe('Left out where nothing changed, or it cannot land'),
  }),
  z.strictObject({ type: z.literal('decided'), verdict: z.enum(VERDICTS), decision_digest: Digest }),
  z.strictObject({ type: z.literal('approved'), approval: Approval, sticky_key: StickyKey }),
  z.strictObject({
    type: z.literal('rejected'),
    approval: Approval,
    sticky_key: StickyKey.optional().describe('No earlier approval counts under that key any more'),
  }),
  z.strictObject({
    type: z.literal('claimed'),
    owner: Owner,
    mode: PromotionMode,
    bound: Digest.describe('What lands, as an approval of it is bound'),
    claimant: z.string().min(1).max(300).optional().describe('The principal whose process that is'),
  }),
  z.strictObject({
    type: z.literal('settled'),
    owner: Owner.optional().describe('Whose claim it settles; of another it is refused'),
    mode: PromotionMode,
    result: SettledResult,
    evidence_digest: Digest.optional().describe('Of the live run'),
    outcome_digest: Digest.optional().describe('What became of it, in full'),
  }),
  z.strictObject({ type: z.literal('moved'), to: State, reason: z.string().nullable() }),
  z.strictObject({ type: z.literal('receipted'), sequence: z.int().min(0), digest: Digest }),
]);
export type LedgerEvent = z.infer<typeof LedgerEvent>;

/** Where a run stands: all its events, folded. Times are milliseconds since 1970. */
export const Run = z.strictObject({
  id: z.string(),
  task: z.string().nullable(),
  state: State,
  verdict: z.enum(VERDICTS).nullable(),
  command: z.string(),
  risk_score: z.number().nullable(),
  risk_level: z.enum(RISK_LEVELS).nullable(),
  envelope_digest: Digest,
  policy_digest: Digest,
  evidence_digest: Digest.nullable(),
  patches_digest: Digest.nullable(),
  raw_output_digest: Digest.nullable(),
  change_set_digest: Digest.nullable(),
  decision_digest: Digest.nullable(),
  owner: z.string().describe('The process that rehearsed it, or that claimed it to promote it'),
  submitter: z.string().nullable(),
  tenant: Tenant.nullable(),
  task_digest: Digest.nullable(),
  promote: z.int().min(0).max(1).describe('1: it lands by itself once it may'),
  trace: Traceparent.nullable(),
  claimant: z.string().nullable().describe('The principal who claimed it last'),
  reason: z.string().nullable().describe('Why it went to where it is'),
  promotion_mode: PromotionMode.nullable().describe('Null unless it was claimed'),
  promotion_result: SettledResult.nullable().describe('Null until it is known'),
  receipt_digest: Digest.nullable(),
  created_ms: z.int(),
  updated_ms: z.int(),
});
export type Run = Readonly<z.infer<typeof Run>>;
