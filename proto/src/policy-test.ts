import { z } from 'zod';
import { LANES } from './approval.ts';
import { VERDICTS } from './decision.ts';
import { Envelope } from './envelope.ts';
import {
  CanaryLeak,
  CapturedOutput,
  Change,
  Evidence,
  Fidelity,
  FileState,
  LeftoverProcess,
  NetworkAttempt,
  OutsideChange,
  PrivilegedAttempt,
  ProcessEvidence,
  Resources,
  StepEvidence,
} from './evidence.ts';
import { Policy } from './policy.ts';

const state = FileState.partial().nullable();

/** What a rehearsal observed, as far as an example needs it: what is left out is that of a command that did nothing, well. */
export const EvidenceSketch = Evidence.extend({
  steps: z.array(StepEvidence.partial()),
  changes: z.array(
    Change.omit({ path: true })
      .extend({ before: state, after: state })
      .partial()
      .extend({ path: Change.shape.path }),
  ),
  outside: z.array(OutsideChange.partial({ kind: true })),
  network: z.array(NetworkAttempt.partial()),
  processes: z.array(ProcessEvidence.partial()),
  privileged: z.array(PrivilegedAttempt.partial({ program: true, step: true })),
  leftovers: z.array(LeftoverProcess.partial()),
  canaries: z.array(CanaryLeak.partial({ path: true, step: true })),
  stdout: CapturedOutput.partial(),
  stderr: CapturedOutput.partial(),
  fidelity: Fidelity.partial(),
  resources: Resources.partial(),
}).partial();
export type EvidenceSketch = Readonly<z.infer<typeof EvidenceSketch>>;

/** What an example run comes to: a verdict, or that it is not let in. */
export const Expected = z.enum([...VERDICTS, 'refused']);
export type Expected = z.infer<typeof Expected>;

/** An example run, and what the policy that holds it must make of it. */
export const PolicyTest = z.strictObject({
  name: z.string().min(1).max(200),
  envelope: Envelope.partial({ working_dir: true }).describe(
    'Without a working_dir: a workspace that policy allows',
  ),
  evidence: EvidenceSketch.default({}),
  expect: Expected,
  rules: z
    .array(z.string().max(200))
    .max(100)
    .optional()
    .describe('The rules that speak, built-in ones too: all of them and no others. Left out: any'),
  asks: z
    .array(z.enum(LANES))
    .max(2)
    .optional()
    .describe('Before which lanes a person has to agree: these and no others. Left out: any'),
});
export type PolicyTest = Readonly<z.infer<typeof PolicyTest>>;

/** A policy as it stands in its file. Its examples decide nothing, so they are no part of it, nor of its digest. */
export const PolicyFile = Policy.extend({ tests: z.array(PolicyTest).max(500).default([]) });
export type PolicyFile = z.infer<typeof PolicyFile>;
