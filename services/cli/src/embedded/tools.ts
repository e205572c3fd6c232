import { pipeline } from 'node:stream/promises';
import { redactPipe } from '@drylane/chassis/redact/pipe';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { type LoadedPolicy, readPolicyFile } from '@drylane/dispatcher/admit/load';
import { classify } from '@drylane/dispatcher/classify/classify';
import type { Digest } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import type { Risk } from '@drylane/proto/risk';
import { type StepPlan, splitSteps } from '@drylane/proto/steps';
import type { Tried } from './examples.ts';
import { openPolicy } from './policy.ts';

/** How the rehearsal would split a command. */
export function splitCommand(command: string, shell: 'bash' | 'sh'): StepPlan {
  return splitSteps(command, shell);
}

/** The classifier under a policy's thresholds. */
export async function classifyCommand(policyFile: string | undefined): Promise<(command: string) => Risk> {
  const { policy } = await openPolicy(policyFile);
  return (command) => classify(command, policy.risk);
}

/** Copies a stream, scrubbed by the rules alone: there is no rehearsal whose secrets could be known. */
export async function scrub(from: NodeJS.ReadableStream, to: NodeJS.WritableStream): Promise<void> {
  await pipeline(from, redactPipe(createRedactor([])), to, { end: false });
}

/** Loads a policy for its errors, and for what it says. */
export function checkPolicy(file: string): Promise<LoadedPolicy> {
  return openPolicy(file);
}

/** The text of a policy, or of one that comes with drylane. */
export async function readPolicy(file: string): Promise<Uint8Array> {
  return (await readPolicyFile(file)).bytes;
}

/** Tries the examples of a policy. @throws DrylaneError `bad-policy` for one that has none, too. */
export async function testPolicy(file: string): Promise<{ digest: Digest; tried: readonly Tried[] }> {
  const loaded = await openPolicy(file);
  if (loaded.tests.length === 0)
    throw new DrylaneError('bad-policy', {
      field: `${file} tests`,
      message: 'has no examples to try',
      mend: 'add some, as drylane policy show strict has them',
    });
  // Here, because the other tools have no use for the stages.
  const { tryExamples } = await import('./examples.ts');
  return { digest: loaded.digest, tried: tryExamples(loaded) };
}
