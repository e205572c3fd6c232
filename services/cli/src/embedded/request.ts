import type { KnownSecret } from '@drylane/chassis/redact/known';
import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import type { RunId } from '@drylane/proto/ids';
import type { RehearsalRequest } from '@drylane/worker/rehearse/rehearse';

/** What of the caller's process a run is told. */
export interface Caller {
  readonly runtime: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** What the worker is asked for, from what was let in. */
export function rehearsalRequest(
  id: RunId,
  admitted: Admitted,
  canaries: readonly KnownSecret[],
  { runtime, env }: Caller,
): RehearsalRequest {
  const { command, shell, workspace, workingDir, image, limits, network } = admitted;
  const given = [...Object.keys(admitted.env), ...canaries.map(({ name }) => name)];
  const kept = new Set(['PATH', 'HOME', 'LANG', 'PWD', 'SHLVL', '_', ...given]);
  return {
    ...{
      runId: id,
      command,
      shell,
      source: workspace,
      workspace,
      workingDir,
      image,
      runtime,
      limits,
      env: admitted.env,
    },
    ...{ canaries, network },
    expected: admitted.expectedWrites,
    forbidden: admitted.forbiddenPaths,
    strippedEnv: Object.keys(env)
      .filter((name) => !kept.has(name))
      .sort(),
  };
}
