import { RunId } from '@drylane/proto/ids';
import type { Schedule } from '@drylane/proto/schedule';
import type { Fleet } from '../dispatch/fleet.ts';
import { submit } from '../dispatch/submit.ts';
import type { Schedules } from './schedules.ts';

/**
 * Submits what is due, each time of a schedule once, however many replicas do this at once and wherever one of them dies:
 * the time is part of the key that the run is submitted under. Of times that went by while nobody was there, the last counts.
 */
export async function submitDue(
  fleet: Fleet,
  schedules: Pick<Schedules, 'due' | 'taken'>,
  nowMs: number,
  failed: (schedule: Schedule, fault: unknown) => void,
): Promise<void> {
  for (const schedule of await schedules.due(nowMs))
    try {
      await schedules.taken(schedule, await runOf(fleet, schedule), nowMs);
    } catch (fault) {
      failed(schedule, fault);
    }
}

async function runOf(fleet: Fleet, schedule: Schedule): Promise<RunId | null> {
  const { id, tenant, submitter, promote, envelope, next_ms: due } = schedule;
  const keyed = { ...envelope, idempotency_key: `${id}/${due}` };
  const taken = await submit(fleet, { envelope: keyed, tenant, submitter, promote });
  return taken.outcome === 'taken' ? RunId.parse(taken.run.id) : null;
}
