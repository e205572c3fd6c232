import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { keepDocument, recallDocument } from '@drylane/chassis/blobs/documents';
import { BlobRef, ChangeSet } from '@drylane/proto/change-set';
import { Decision } from '@drylane/proto/decision';
import type { Digest } from '@drylane/proto/digest';
import { Envelope } from '@drylane/proto/envelope';
import { Evidence } from '@drylane/proto/evidence';
import type { RunId } from '@drylane/proto/ids';
import { PathPattern } from '@drylane/proto/paths';
import { Policy } from '@drylane/proto/policy';
import { Promotion } from '@drylane/proto/promotion';
import { Receipt, receiptDigest, type SignedReceipt } from '@drylane/proto/receipt';
import type { ReceiptRef } from '@drylane/proto/rehearsal';
import { Risk } from '@drylane/proto/risk';
import { Commit, Place, RehearsalTask } from '@drylane/proto/task';
import { z } from 'zod';
import type { Ledger } from '../ledger/ledger.ts';

/** The git tree that a run was rehearsed on: what its ref stood for at that time. */
export const GitTree = z.strictObject({
  commit: Commit,
  patch: BlobRef.nullable().describe(
    'What it changed of that commit, for git am; null where it may not land, or there is none',
  ),
});
export type GitTree = Readonly<z.infer<typeof GitTree>>;

/** What a run's decision rests on, kept beside its evidence so that it can be shown again. */
export const Judgement = z.strictObject({
  decision: Decision,
  risk: Risk,
  envelope: Envelope.describe(
    'Scrubbed; the digest in the ledger is that of the envelope as it was submitted',
  ),
  forbidden: z.array(PathPattern),
  approval_required: z.boolean(),
  workspace: Place.optional().describe('Left out by a drylane that promoted nothing'),
  git: GitTree.optional().describe('Left out for what was rehearsed on no git tree'),
});
export type Judgement = z.infer<typeof Judgement>;

export const Patches = z.array(z.strictObject({ path: z.string(), text: z.string(), cut: z.boolean() }));
export type Patches = z.infer<typeof Patches>;

const SCHEMAS = {
  evidence: Evidence,
  judgement: Judgement,
  patches: Patches,
  policy: Policy,
  'change set': ChangeSet,
  promotion: Promotion,
  task: RehearsalTask,
} as const;

/** Keeps a document as canonical JSON; its digest is that of the bytes kept. */
export const keep = keepDocument;

/** Reads a document back, checked against its digest and its schema. @throws DrylaneError as {@link recallDocument}. */
export async function recall<K extends keyof typeof SCHEMAS>(
  blobs: Pick<Blobs, 'get'>,
  kind: K,
  digest: Digest,
): Promise<z.infer<(typeof SCHEMAS)[K]>> {
  const document: unknown = await recallDocument(blobs, SCHEMAS[kind], digest);
  return document as z.infer<(typeof SCHEMAS)[K]>;
}

/** What became of a promotion; null where there was none, or nobody knows. */
export async function promotionOf(blobs: Blobs, outcome: Digest | null): Promise<Promotion | null> {
  return outcome === null ? null : recall(blobs, 'promotion', outcome);
}

/** The place and digest of a receipt. */
export function refOf(signed: SignedReceipt): ReceiptRef {
  const { predicate } = Receipt.parse(JSON.parse(Buffer.from(signed.payload, 'base64').toString('utf8')));
  return { sequence: predicate.sequence, digest: receiptDigest(signed) };
}

/** The same, of the receipt that a run's end left; null while it has not ended. */
export async function receiptRefOf(
  { ledger }: { readonly ledger: Pick<Ledger, 'receiptOf'> },
  id: RunId,
): Promise<ReceiptRef | null> {
  const signed = await ledger.receiptOf(id);
  return signed === undefined ? null : refOf(signed);
}
