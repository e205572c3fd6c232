import { z } from 'zod';
import { Approval, PromotionMode } from './approval.ts';
import { Severity, Verdict } from './decision.ts';
import { Digest, digestOfJson } from './digest.ts';
import { RunId } from './ids.ts';
import type { RunState } from './lifecycle.ts';
import { RiskLevel } from './risk.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const RECEIPT_TYPE = 'https://drylane.dev/receipt/v1';
export const RECEIPT_MEDIA_TYPE = 'application/vnd.in-toto+json';

/** The most bytes that a statement has, whatever the command was and whoever decided on it. */
export const MAX_RECEIPT_BYTES = 1024 * 1024;

/**
 * How much of each part a receipt holds: texts in bytes, as JSON says them, lists in entries. A text that was longer
 * ends in `…`; all of it is in the documents that the digests name.
 */
export const RECEIPT_CAPS = {
  command: 16_384,
  task: 300,
  text: 2000,
  message: 500,
  path: 300,
  patterns: 32,
  exits: 256,
  reasons: 32,
  findings: 32,
  paths: 20,
  approvals: 32,
} as const;

/** The states that nothing follows. */
export const END_STATES = [
  'refused',
  'blocked',
  'inconclusive',
  'promoted',
  'drifted',
  'diverged',
  'unknown',
  'rejected',
  'expired',
  'cancelled',
] as const satisfies readonly RunState[];
export const EndState = z.enum(END_STATES);
export type EndState = z.infer<typeof EndState>;

/** The ends that only a run which began to land has. */
export const PromotionResult = EndState.extract(['promoted', 'drifted', 'diverged', 'unknown']);
export type PromotionResult = z.infer<typeof PromotionResult>;

const caps = RECEIPT_CAPS;
const count = z.int().min(0);
const message = z.string().max(caps.message);
const patterns = z.array(z.string().max(caps.path)).max(caps.patterns);

/** Paths, written as evidence writes them: how many there are, and the first of them. */
export const PathList = z.strictObject({
  count,
  first: z.array(z.string().max(caps.path)).max(caps.paths),
});
export type PathList = Readonly<z.infer<typeof PathList>>;

/** An intent as it is remembered: its fields are the envelope's, its texts scrubbed, so that any text may stand there. */
export const ReceiptIntent = z.strictObject({
  summary: z.string().max(caps.text).optional(),
  mode: z.enum(['read-only', 'mutating']),
  expected_writes: patterns.optional(),
  forbidden_paths: patterns.optional(),
  network: z.union([z.literal('none'), patterns]).optional(),
  credentials: patterns.optional(),
  expected_exit: z.array(z.int().min(0).max(255)).max(caps.exits).optional(),
  reviewer_note: z.string().max(caps.text).optional(),
});
export type ReceiptIntent = Readonly<z.infer<typeof ReceiptIntent>>;

/** A finding, with its paths counted. */
export const ReceiptFinding = z.strictObject({
  rule: z.string().max(caps.path),
  severity: Severity,
  message,
  paths: PathList,
});
export type ReceiptFinding = Readonly<z.infer<typeof ReceiptFinding>>;

/** What a rehearsal changed, in numbers; a collapsed directory counts with all that is below it. */
export const DiffSummary = z.strictObject({
  files: count.describe('All that follow: added, modified and deleted'),
  added: count,
  modified: count.describe('In content, permissions or type'),
  deleted: count,
  forbidden: count,
  surprise: count,
  complete: z.boolean().describe('False: something may have changed that is not counted'),
});
export type DiffSummary = Readonly<z.infer<typeof DiffSummary>>;

export const SHORTENED_PARTS = [
  'task',
  'command',
  'intent',
  'risk',
  'reason',
  'decision',
  'approvals',
  'promotion',
] as const;

/** A part that is not here whole, and how large it was, as JSON. */
export const Shortened = z.strictObject({ part: z.enum(SHORTENED_PARTS), bytes: count });
export type Shortened = Readonly<z.infer<typeof Shortened>>;

/** How one run ended, and why: all texts scrubbed. */
export const ReceiptPredicate = z.strictObject({
  sequence: count.describe("The receipt's place in the chain, from 0"),
  previous: Digest.nullable().describe('Of the receipt before, signature included; null for the first'),
  run: RunId,
  task: z.string().max(caps.task).nullable(),
  command: z.string().max(caps.command),
  intent: ReceiptIntent.nullable().describe('Null where the run was refused before it could be read'),
  risk: z
    .strictObject({
      score: z.number().min(0).max(10),
      level: RiskLevel,
      reasons: z.array(message).max(caps.reasons),
    })
    .nullable(),
  state: EndState,
  reason: z.string().max(caps.text).nullable().describe('Why it ended so'),
  decision: z
    .strictObject({
      verdict: Verdict,
      count: count.describe('How many findings there are'),
      findings: z.array(ReceiptFinding).max(caps.findings),
    })
    .nullable()
    .describe('Null where nothing was rehearsed'),
  evidence_digest: Digest.nullable(),
  diff: DiffSummary.nullable(),
  approvals: z.array(Approval).max(caps.approvals).describe('Rejections too, in the order they were given'),
  promotion: z
    .strictObject({
      mode: PromotionMode,
      result: PromotionResult,
      merged: PathList.describe('Files that were merged with what had changed in the meantime'),
      evidence_digest: Digest.nullable().describe('Of the live run'),
      claimant: z
        .string()
        .max(300)
        .optional()
        .describe('In a fleet: who took the run and whose word the result is; left out on one machine'),
    })
    .nullable()
    .describe('Null where the run never began to land'),
  envelope_digest: Digest,
  policy_digest: Digest,
  shortened: z.array(Shortened),
  signer: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Sha256 of the public key (SPKI, DER)'),
  time: z.iso.datetime({ precision: 3 }).describe('When it ended, UTC'),
});
export type ReceiptPredicate = Readonly<z.infer<typeof ReceiptPredicate>>;

/** What a receipt is about: the change set, or the envelope where there is none. */
export const ReceiptSubject = z.strictObject({
  name: z.enum(['change-set', 'envelope']),
  digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
});
export type ReceiptSubject = Readonly<z.infer<typeof ReceiptSubject>>;

/** An in-toto Statement v1 (github.com/in-toto/attestation) about the end of one run. */
export const Receipt = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(ReceiptSubject).length(1),
  predicateType: z.literal(RECEIPT_TYPE),
  predicate: ReceiptPredicate,
});
export type Receipt = Readonly<z.infer<typeof Receipt>>;

// Base64 has spare bits at its end: only the one way to write each value is taken, or a receipt could be changed unseen.
const base64 = z.string().refine(isExactBase64, 'must be base64, written in the only way');

function isExactBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}

/** A receipt in a DSSE envelope (github.com/secure-systems-lab/dsse); `payload` is the statement's canonical JSON. */
export const SignedReceipt = z.strictObject({
  payload: base64.max(Math.ceil(MAX_RECEIPT_BYTES / 3) * 4),
  payloadType: z.literal(RECEIPT_MEDIA_TYPE),
  signatures: z
    .array(
      z.strictObject({
        keyid: z.string().regex(/^[0-9a-f]{64}$/),
        sig: base64.length(88).describe('Ed25519'),
      }),
    )
    .length(1),
});
export type SignedReceipt = Readonly<z.infer<typeof SignedReceipt>>;

/** What the next receipt names as `previous`. */
export function receiptDigest(signed: SignedReceipt): Digest {
  return digestOfJson(signed);
}

/** Whether a run in this state has a receipt. */
export function isEndState(state: RunState): state is EndState {
  return (END_STATES as readonly RunState[]).includes(state);
}
