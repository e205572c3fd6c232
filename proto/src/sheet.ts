import { z } from 'zod';
import { Approval, ApprovalSubject, bindingOf, Lane } from './approval.ts';
import { Finding, Verdict } from './decision.ts';
import { Digest } from './digest.ts';
import { Envelope, VariableName } from './envelope.ts';
import { Evidence } from './evidence.ts';
import { RUN_STATES } from './lifecycle.ts';
import { DiffSummary } from './receipt.ts';
import { Risk } from './risk.ts';
import { Source } from './task.ts';

const count = z.int().min(0);

/** What an approver is not shown whole, in numbers; all 0 and false where nothing is left out. */
export const Cut = z.strictObject({
  diffs: count.describe('Diffs whose end was not kept'),
  of: count.describe('Diffs in all'),
  stdout: z.boolean(),
  stderr: z.boolean(),
});
export type Cut = Readonly<z.infer<typeof Cut>>;

/** How a run would touch the world. */
export const Landing = z.strictObject({
  workspace: Source,
  hosts: z.array(z.string()).describe('What it may reach where it runs again; empty for `apply`'),
  credentials: z
    .array(z.strictObject({ name: VariableName, from: z.string().nullable() }))
    .describe(
      'The real ones that it gets where it runs again, and which variable of the live worker holds each',
    ),
});
export type Landing = Readonly<z.infer<typeof Landing>>;

/**
 * All that somebody must be shown before they decide on a run, and the digest that their word is then bound to. Whoever
 * shows it shows deletions, forbidden paths and what was cut, whatever else they leave out.
 */
export const Sheet = z.strictObject({
  lane: Lane,
  state: z.enum(RUN_STATES),
  bound: Digest.describe('Of `subject`, as canonical JSON'),
  subject: ApprovalSubject,
  submitter: z.string().nullable().describe('Who cannot approve it'),
  envelope: Envelope.describe('Scrubbed'),
  forbidden: z.array(z.string()).describe('Forbidden paths, those that policy adds too'),
  landing: Landing,
  risk: Risk,
  verdict: Verdict.nullable().describe('Null before a rehearsal'),
  findings: z.array(Finding),
  diff: DiffSummary.nullable(),
  evidence: Evidence.nullable().describe('Null before a rehearsal'),
  cut: Cut,
  approvals: z.array(Approval),
  missing: count.describe('How many people have to approve still'),
  waits_until_ms: z.int().nullable().describe('When it expires if nobody decides'),
});
export type Sheet = Readonly<z.infer<typeof Sheet>>;

/** A sheet of all that is in it but what follows from the rest. */
export function sheetOf(
  facts: Omit<Sheet, 'bound' | 'cut' | 'lane'>,
  patches: readonly { readonly cut: boolean }[],
): Sheet {
  const { subject, evidence } = facts;
  return {
    ...facts,
    lane: subject.lane,
    bound: bindingOf(subject),
    cut: {
      diffs: patches.filter(({ cut }) => cut).length,
      of: patches.length,
      stdout: evidence?.stdout.truncated ?? false,
      stderr: evidence?.stderr.truncated ?? false,
    },
  };
}
