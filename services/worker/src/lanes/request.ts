import type { KnownSecret } from '@drylane/chassis/redact/known';
import { limitsOfTask, type RehearsalTask } from '@drylane/proto/task';
import type { RehearsalRequest } from '../rehearse/rehearse.ts';

/** What the sandbox is asked for, from what was let in. `source` is where the workspace's files stand on this host. */
export function requestOf(
  task: RehearsalTask,
  source: string,
  canaries: readonly KnownSecret[],
  runtime: string | null,
): RehearsalRequest {
  const { command, shell, image, env, workspace, allowed } = task;
  return {
    ...{ runId: task.run, command, shell, image, env, source, workspace, canaries, runtime },
    workingDir: task.working_dir,
    limits: limitsOfTask(task.limits),
    network: allowed.network,
    expected: allowed.expected_writes,
    forbidden: allowed.forbidden_paths,
    // Nobody's environment is around a command of a fleet.
    strippedEnv: [],
  };
}
