import { z } from 'zod';
import { Digest, digestOfJson } from './digest.ts';
import { RunId } from './ids.ts';

export const LANES = ['rehearsal', 'live'] as const;
export const Lane = z.enum(LANES).describe('What is approved: that a command is rehearsed, or that it lands');
export type Lane = z.infer<typeof Lane>;

/** How a run lands: its rehearsed changes are applied, or the command runs again for real. */
export const PromotionMode = z.enum(['apply', 'rerun']);
export type PromotionMode = z.infer<typeof PromotionMode>;

/** Everything that an approval stands for; where one of these is another, nobody has approved it. */
export const ApprovalSubject = z.strictObject({
  run: RunId,
  lane: Lane,
  envelope: Digest,
  judgement: Digest.describe('Risk, findings and verdict, as they were shown'),
  evidence: Digest.nullable().describe('Null before a rehearsal'),
  patches: Digest.nullable().describe('The diffs, as they were shown'),
  change_set: Digest.nullable().describe('Holds the base fingerprints; null where nothing changed'),
  image: z.string().nullable().describe('By digest; null before a rehearsal'),
  policy: Digest,
  mode: PromotionMode.nullable().describe('Null for the rehearsal lane'),
});
export type ApprovalSubject = Readonly<z.infer<typeof ApprovalSubject>>;

/** What an approval is bound to. */
export function bindingOf(subject: ApprovalSubject): Digest {
  return digestOfJson(subject);
}

/**
 * What has to be the same for an approval of one run to count for another, where policy says `sticky`: all but the
 * run, its evidence and what was made of it. Null where that would not be the same thing: a command that runs again,
 * or changes nothing.
 */
export function stickyKeyOf({ run, evidence, judgement, patches, ...same }: ApprovalSubject): Digest | null {
  if (same.lane !== 'live' || same.mode !== 'apply' || same.change_set === null) return null;
  return digestOfJson(same);
}

/** Who decided, and how it is known who that is. */
export const Approver = z.strictObject({
  id: z.string().min(1).max(300),
  proof: z
    .enum(['terminal', 'key', 'token', 'none'])
    .describe('A person at a terminal, an approver key, a token of the fleet; none is enough to reject'),
});
export type Approver = Readonly<z.infer<typeof Approver>>;

/** A person's word on a run. Times are milliseconds since 1970. */
export const Approval = z.strictObject({
  lane: Lane,
  decision: z.enum(['approve', 'reject']),
  approver: Approver,
  comment: z.string().max(2000).nullable().describe('Redacted'),
  time_ms: z.int(),
  expires_ms: z.int(),
  bound: Digest.describe('The digest of what it stands for'),
  sticky: Digest.nullable()
    .optional()
    .describe('What it counts for beside that: another run with this key, where policy says `sticky`'),
  key_id: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('Where an approver key signed it: sha256 of the public key (SPKI, DER)'),
  signature: z
    .string()
    .regex(/^[A-Za-z0-9+/]{85}[AQgw]==$/)
    .optional()
    .describe('Ed25519, base64, over all that stands above'),
});
export type Approval = Readonly<z.infer<typeof Approval>>;
