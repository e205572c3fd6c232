import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { Redactor } from '@drylane/chassis/redact/redact';
import { Decision } from '@drylane/proto/decision';
import { canonicalJson, type Digest } from '@drylane/proto/digest';
import { Envelope } from '@drylane/proto/envelope';
import { Evidence } from '@drylane/proto/evidence';
import { PathPattern } from '@drylane/proto/paths';
import { Risk } from '@drylane/proto/risk';
import { z } from 'zod';

/** What a run's decision rests on, kept beside its evidence so that it can be shown again. */
export const Judgement = z.strictObject({
  decision: Decision,
  risk: Risk,
  envelope: Envelope.describe(
    'Scrubbed; the digest in the ledger is that of the envelope as it was submitted',
  ),
  forbidden: z.array(PathPattern),
  approval_required: z.boolean(),
});
export type Judgement = z.infer<typeof Judgement>;

export const Patches = z.array(z.strictObject({ path: z.string(), text: z.string(), cut: z.boolean() }));
export type Patches = z.infer<typeof Patches>;

const SCHEMAS = { evidence: Evidence, judgement: Judgement, patches: Patches } as const;

/** Keeps a document as canonical JSON; its digest is that of the bytes kept. */
export async function keep(blobs: Blobs, document: unknown): Promise<Digest> {
  return blobs.put(Buffer.from(canonicalJson(document)));
}

/** Reads a document back, checked against its digest and its schema. */
export async function recall<K extends keyof typeof SCHEMAS>(
  blobs: Blobs,
  kind: K,
  digest: Digest,
): Promise<z.infer<(typeof SCHEMAS)[K]>> {
  const bytes = await blobs.get(digest);
  return SCHEMAS[kind].parse(JSON.parse(Buffer.from(bytes).toString('utf8'))) as z.infer<(typeof SCHEMAS)[K]>;
}

/** An envelope fit to be kept: whatever text a person or a planner wrote in it is scrubbed. */
export function scrubEnvelope(envelope: Envelope, redactor: Redactor): Envelope {
  const scrub = (text: string): string => redactor.text(text).text;
  const { intent, env } = envelope;
  return {
    ...envelope,
    command: scrub(envelope.command),
    intent: {
      ...intent,
      ...(intent.summary !== undefined && { summary: scrub(intent.summary) }),
      ...(intent.reviewer_note !== undefined && { reviewer_note: scrub(intent.reviewer_note) }),
    },
    ...(env && { env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, scrub(value)])) }),
  };
}
