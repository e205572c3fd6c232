import type { RunId } from '@drylane/proto/ids';
import type { Policy } from '@drylane/proto/policy';
import type { Risk } from '@drylane/proto/risk';
import { type RehearsalTask, taskLimits } from '@drylane/proto/task';
import type { Admitted } from '../admit/admitted.ts';
import { sourceOf } from './place.ts';

/** What workers and comparators are told of a run that was let in. */
export function rehearsalTask(
  { id, submitter, risk }: { readonly id: RunId; readonly submitter: string; readonly risk: Risk },
  admitted: Admitted,
  policy: Policy,
): RehearsalTask {
  const { envelope, command, shell, image, env, promotion } = admitted;
  return {
    ...{ run: id, submitter, envelope, policy: admitted.policyDigest },
    ...{ command, shell, image, env: { ...env } },
    source: sourceOf(envelope),
    workspace: admitted.workspace,
    working_dir: admitted.workingDir,
    limits: taskLimits(admitted.limits),
    allowed: {
      mode: admitted.mode,
      expected_writes: [...admitted.expectedWrites],
      forbidden_paths: [...admitted.forbiddenPaths],
      network: [...admitted.network],
      credentials: [...admitted.credentials],
      expected_exit: [...admitted.expectedExit],
    },
    risk,
    mocks: Object.fromEntries(
      admitted.credentials.map((name) => [name, policy.credentials[name]?.mock ?? '']),
    ),
    promotion,
    seal_to: [...(policy.evidence.raw_output?.seal_to ?? [])],
  };
}
