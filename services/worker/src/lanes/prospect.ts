import type { Evidence } from '@drylane/proto/evidence';
import type { RehearsalTask } from '@drylane/proto/task';

/**
 * Whether a comparator might let land what was observed. No contents are kept where it surely does not: nobody could
 * take them away again, because others may have kept the same ones. What it has no word for, it leaves to the comparator.
 */
export function couldLand(
  { allowed, risk }: Pick<RehearsalTask, 'allowed' | 'risk'>,
  evidence: Evidence,
): boolean {
  const { changes, outside, network, privileged, steps, timed_out: timedOut } = evidence;
  const isBlocked =
    changes.some((change) => change.class !== 'expected') ||
    (allowed.mode === 'read-only' && changes.length > 0) ||
    (outside.length > 0 && !allowed.expected_writes.some((pattern) => pattern.startsWith('/'))) ||
    network.some(({ declared }) => !declared) ||
    privileged.length > 0 ||
    (risk.level === 'high' && (!risk.parsed || steps.some(({ opaque }) => opaque)));
  const isCutShort = timedOut || evidence.oom_killed || evidence.disk_full || evidence.pids_exhausted;
  return !isBlocked && !isCutShort;
}
