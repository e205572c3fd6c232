import { pipeline } from 'node:stream/promises';
import { redactPipe } from '@drylane/chassis/redact/pipe';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { classify } from '@drylane/dispatcher/classify/classify';
import type { Digest } from '@drylane/proto/digest';
import type { Risk } from '@drylane/proto/risk';
import { type StepPlan, splitSteps } from '@drylane/worker/rehearse/steps';
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

/** Loads a policy for its errors; answers with its digest when there are none. */
export async function checkPolicy(file: string): Promise<Digest> {
  return (await openPolicy(file)).digest;
}
