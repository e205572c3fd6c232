import type { KnownSecret } from '@drylane/chassis/redact/known';
import type { LimitValues } from '@drylane/proto/limits';
import type { PathPattern } from '@drylane/proto/paths';
import { type StepPlan, splitSteps } from '@drylane/proto/steps';
import { ACK_FIFO, EVENTS_FIFO } from '../sandbox/control.ts';
import type { LiveTerms, SandboxSpec } from '../sandbox/sandbox.ts';
import { wrapSteps } from './wrap.ts';

/** A rehearsal as it was admitted: every default filled in, every limit within what policy allows. */
export interface RehearsalRequest {
  readonly runId: string;
  readonly command: string;
  readonly shell: 'bash' | 'sh';
  /** Real path of the workspace's files on this host. */
  readonly source: string;
  /** Where they stand in the container. */
  readonly workspace: string;
  readonly workingDir: string;
  readonly image: string;
  readonly runtime: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: LimitValues;
  /** What each credential that intent names is in here: a value made up for this rehearsal; in a live run the real one. */
  readonly canaries: readonly KnownSecret[];
  /** The hosts that intent names. */
  readonly network: readonly string[];
  readonly expected: readonly PathPattern[];
  readonly forbidden: readonly PathPattern[];
  /** Names of the caller's environment that the command does not get. */
  readonly strippedEnv: readonly string[];
  /** Left out: it is a rehearsal. */
  readonly live?: LiveTerms;
}

/** A rehearsal's plan: how the command is split, and what the sandbox is asked for. */
export interface RehearsalPlan {
  readonly steps: StepPlan;
  readonly spec: SandboxSpec;
}

// Without the latter, even `git status` and `git diff` rewrite .git/index, a change that nobody asked about.
const BASE_ENV = {
  LANG: 'C.UTF-8',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'diff.autoRefreshIndex',
  GIT_CONFIG_VALUE_0: 'false',
};

/**
 * Turns an admitted request into what the sandbox is to do. The command runs as the workspace's owner, so that
 * it may write there what its owner may.
 */
export function planRehearsal(
  request: RehearsalRequest,
  owner: { readonly uid: number; readonly gid: number },
): RehearsalPlan {
  const steps = splitSteps(request.command, request.shell);
  const wrapped = steps.opaque
    ? null
    : wrapSteps(request.command, steps, { events: EVENTS_FIFO, ack: ACK_FIFO });
  return {
    steps,
    spec: {
      runId: request.runId,
      image: request.image,
      runtime: request.runtime,
      source: request.source,
      workspace: request.workspace,
      workingDir: request.workingDir,
      shell: request.shell,
      command: request.command,
      wrapped,
      env: { ...BASE_ENV, ...request.env },
      limits: request.limits,
      user: { uid: owner.uid, gid: owner.gid },
      credentials: request.canaries,
      live: request.live ?? null,
    },
  };
}
