import { z } from 'zod';
import { Digest } from './digest.ts';

export const VERDICTS = ['promote', 'hold', 'block', 'inconclusive'] as const;
export const Verdict = z.enum(VERDICTS);
export type Verdict = z.infer<typeof Verdict>;

export const SEVERITIES = ['block', 'inconclusive', 'hold', 'note'] as const;
export const Severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof Severity>;

/** One difference between what was observed and what intent or policy allows. */
export const Finding = z.strictObject({
  rule: z.string(),
  severity: Severity,
  message: z.string(),
  paths: z.array(z.string()),
  step: z.int().min(0).nullable(),
});
export type Finding = z.infer<typeof Finding>;

/** What `decide` answers: the verdict, why, and the digests of what it rests on. */
export const Decision = z.strictObject({
  verdict: Verdict,
  findings: z.array(Finding),
  policy_digest: Digest,
  evidence_digest: Digest,
  change_set_digest: Digest.nullable(),
});
export type Decision = z.infer<typeof Decision>;
