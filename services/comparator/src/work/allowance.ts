import type { Allowed } from '@drylane/proto/task';
import type { Allowance } from '../compare/comparison.ts';

/** What a task allows, as `compare` is told of it. */
export function allowanceOf(allowed: Allowed): Allowance {
  return {
    mode: allowed.mode,
    expectedWrites: allowed.expected_writes,
    forbiddenPaths: allowed.forbidden_paths,
    network: allowed.network,
    credentials: allowed.credentials,
    expectedExit: allowed.expected_exit,
  };
}
