import type { Metrics } from '@drylane/chassis/metrics/metrics';
import { QUEUES, type Queue } from '@drylane/proto/task';
import type { Fleet } from './fleet.ts';

const WAITING = ['awaiting-live-approval', 'awaiting-rehearsal-approval'] as const;

type Gauges = Metrics<{
  readonly stage: readonly string[];
  readonly rule: readonly string[];
  readonly queue: readonly Queue[];
}>;

/** Says how much there is: in the queues, and of runs that wait for a person. What is not known is not shown. */
export async function gauge({ desk, transport }: Fleet, metrics: Gauges, nowMs: number): Promise<void> {
  const [counts, oldest, depths] = await Promise.all([
    Promise.all(WAITING.map((state) => desk.ledger.countByTenant(state))),
    Promise.all(WAITING.map((state) => desk.ledger.oldest({ tenant: null, state, limit: 1 }))),
    Promise.all(QUEUES.map(async (queue) => transport.depth(queue).catch(() => null))),
  ]);
  const pending = counts.flatMap((count) => [...count.values()]).reduce((sum, number) => sum + number, 0);
  const since = oldest.flatMap(([first]) => (first === undefined ? [] : [first.updated_ms]));
  metrics.set('drylane_approvals_pending', {}, pending);
  metrics.set(
    'drylane_approval_age_seconds',
    {},
    since.length === 0 ? 0 : (nowMs - Math.min(...since)) / 1000,
  );
  for (const [index, queue] of QUEUES.entries())
    metrics.set('drylane_queue_depth', { queue }, depths[index] ?? null);
}
