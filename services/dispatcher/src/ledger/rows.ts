import { LANES } from '@drylane/proto/approval';
import { canonicalJson, Digest } from '@drylane/proto/digest';
import { receiptDigest, SignedReceipt } from '@drylane/proto/receipt';
import { z } from 'zod';
import { altered, type ChainedEvent, type Head } from './chain.ts';
import { LedgerEvent, Run } from './event.ts';

/** A row of the table `runs`. */
export const RunRow = z.object({ ...Run.shape, head_sequence: z.int(), head_digest: z.string() });

/** A run with the end of its chain, of its row. @throws DrylaneError `internal` for a row that is none of ours. */
export function parseRun(row: { readonly id: string }): { run: Run; head: NonNullable<Head> } {
  const result = RunRow.safeParse(row);
  if (!result.success) throw altered(row.id, result.error);
  const { head_sequence, head_digest, ...run } = result.data;
  return { run, head: { sequence: head_sequence, digest: head_digest } };
}

/** A row of the table `events`. */
export const EventRow = z.object({
  run_id: z.string(),
  sequence: z.int(),
  type: z.string(),
  json: z.string(),
  time_ms: z.int(),
  digest: z.string(),
});
export type EventRow = Readonly<z.infer<typeof EventRow>>;

/** The row of an event. */
export function eventRow(runId: string, { sequence, time_ms, event, digest }: ChainedEvent): EventRow {
  return { run_id: runId, sequence, type: event.type, json: JSON.stringify(event), time_ms, digest };
}

/** The event of a row; throws where inside and outside do not agree. */
export function parseEvent(row: unknown): ChainedEvent {
  const { sequence, type, json, time_ms, digest } = EventRow.parse(row);
  const event = LedgerEvent.parse(JSON.parse(json));
  if (event.type !== type) throw new Error(`an event is ${event.type} inside and ${type} outside`);
  return { sequence, time_ms, event, digest };
}

/** A row of the table `approvals`: what an event says, where it can be asked for by key. Nothing is known from it alone. */
export const ApprovalRow = z.object({
  run_id: z.string(),
  sequence: z.int().describe('Of the event'),
  lane: z.enum(LANES),
  decision: z.enum(['approve', 'reject']),
  approver_id: z.string(),
  bound: Digest,
  sticky_key: Digest.nullable(),
  expires_ms: z.int(),
  json: z.string(),
});
export type ApprovalRow = Readonly<z.infer<typeof ApprovalRow>>;

/** The row that an event has in the table `approvals`; undefined for one that is nobody's word. */
export function approvalRow(
  runId: string,
  { sequence, event }: Pick<ChainedEvent, 'sequence' | 'event'>,
): ApprovalRow | undefined {
  if (event.type !== 'approved' && event.type !== 'rejected') return undefined;
  const { approval, sticky_key = null } = event;
  const { lane, decision, approver, bound, expires_ms } = approval;
  const json = canonicalJson(approval);
  return {
    run_id: runId,
    sequence,
    lane,
    decision,
    approver_id: approver.id,
    bound,
    sticky_key,
    expires_ms,
    json,
  };
}

/** A row of the table `submissions`: which run an idempotency key of a tenant was first used for, and with what. */
export const SubmissionRow = z.object({
  tenant: z.string(),
  key: z.string(),
  run_id: z.string(),
  body: Digest,
});
export type SubmissionRow = Readonly<z.infer<typeof SubmissionRow>>;

/** A row of the table `receipts`. */
export const ReceiptRow = z.object({
  sequence: z.int().min(0),
  run_id: z.string(),
  digest: Digest,
  json: z.string(),
});
export type ReceiptRow = Readonly<z.infer<typeof ReceiptRow>>;

// The part of the statement that says where it stands; the rest is for whoever reads receipts.
const Place = z.object({
  predicate: z.object({ sequence: z.int(), previous: Digest.nullable(), run: z.string() }),
});

/** A receipt with the place in the chain that it names itself. */
export interface PlacedReceipt {
  readonly signed: SignedReceipt;
  readonly digest: Digest;
  readonly sequence: number;
  readonly previous: Digest | null;
  readonly run: string;
}

/** Reads from a receipt where it stands; throws for what is none. */
export function placeOf(signed: SignedReceipt): PlacedReceipt {
  const statement: unknown = JSON.parse(Buffer.from(signed.payload, 'base64').toString('utf8'));
  return { signed, digest: receiptDigest(signed), ...Place.parse(statement).predicate };
}

/** The row of a receipt. */
export function receiptRow({ sequence, run, digest, signed }: PlacedReceipt): ReceiptRow {
  return { sequence, run_id: run, digest, json: canonicalJson(signed) };
}

/** The receipt of a row; throws where inside and outside do not agree. */
export function parseReceipt(row: unknown): PlacedReceipt {
  const { sequence, run_id, digest, json } = ReceiptRow.parse(row);
  const placed = placeOf(SignedReceipt.parse(JSON.parse(json)));
  if (placed.digest !== digest || placed.sequence !== sequence || placed.run !== run_id)
    throw new Error(`receipt ${sequence} is not what its row says`);
  return placed;
}
