import { VERDICTS } from '@drylane/proto/decision';
import { Digest } from '@drylane/proto/digest';
import { RUN_STATES } from '@drylane/proto/lifecycle';
import { RISK_LEVELS } from '@drylane/proto/risk';
import { z } from 'zod';

const State = z.enum(RUN_STATES);

/** One thing that happened to a run. What is text in it has been scrubbed before it gets here. */
export const LedgerEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('submitted'),
    task: z.string().nullable(),
    command: z.string().describe('Redacted'),
    envelope_digest: Digest,
    policy_digest: Digest,
    owner: z.string().min(1).describe('Names the process that works on the run'),
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
  }),
  z.strictObject({ type: z.literal('decided'), verdict: z.enum(VERDICTS), decision_digest: Digest }),
  z.strictObject({ type: z.literal('moved'), to: State, reason: z.string().nullable() }),
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
  decision_digest: Digest.nullable(),
  owner: z.string(),
  created_ms: z.int(),
  updated_ms: z.int(),
});
export type Run = Readonly<z.infer<typeof Run>>;
