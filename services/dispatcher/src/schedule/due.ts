import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import type { Schedule, ScheduleId } from '@drylane/proto/schedule';
import type { Fleet } from '../dispatch/fleet.ts';
import type { createRoom } from '../dispatch/room.ts';
import { submit } from '../dispatch/submit.ts';
import type { Schedules } from './schedules.ts';

/** What decides on schedules whose time has come. */
export interface Due {
  readonly schedules: Pick<Schedules, 'due' | 'taken'>;
  /** Whether somebody could still submit to a tenant what they made a schedule of. */
  readonly maySubmit: (principal: string, tenant: string, nowMs: number) => Promise<boolean>;
  /** As for whoever submits by themselves: a schedule is no way around the line. */
  readonly retryAfter: ReturnType<typeof createRoom>;
  readonly failed: (schedule: Schedule, fault: unknown) => void;
  /** How many are read at once. */
  readonly page?: number;
}

const PAGE = 1000;

/**
 * Submits what is due, each time of a schedule once, however many replicas do this at once and wherever one of them dies:
 * the time is part of the key that the run is submitted under. Of times that went by while nobody was there, or while there
 * was no room, the last counts.
 */
export async function submitDue(fleet: Fleet, due: Due, nowMs: number): Promise<void> {
  for await (const schedule of allDue(due, nowMs))
    try {
      await submitOne(fleet, due, schedule, nowMs);
    } catch (fault) {
      due.failed(schedule, fault);
    }
}

/** All of them: those that cannot be submitted stay due, and would hide the others behind the first page. */
async function* allDue({ schedules, page = PAGE }: Due, nowMs: number): AsyncGenerator<Schedule, void, void> {
  for (let after: ScheduleId | undefined; ; ) {
    const found = await schedules.due(nowMs, { limit: page, ...(after !== undefined && { after }) });
    yield* found;
    after = found.at(-1)?.id;
    if (after === undefined || found.length < page) return;
  }
}

async function submitOne(fleet: Fleet, due: Due, schedule: Schedule, nowMs: number): Promise<void> {
  const { schedules, maySubmit, retryAfter } = due;
  const { submitter, tenant } = schedule;
  if (!(await maySubmit(submitter, tenant, nowMs))) {
    await schedules.taken(schedule, null, nowMs);
    throw ownerless(submitter);
  }
  if ((await retryAfter(tenant, nowMs)) !== undefined) return;
  await schedules.taken(schedule, await runOf(fleet, schedule), nowMs);
}

async function runOf(fleet: Fleet, schedule: Schedule): Promise<RunId | null> {
  const { id, tenant, submitter, promote, envelope, next_ms: due } = schedule;
  const keyed = { ...envelope, idempotency_key: `${id}/${due}` };
  const taken = await submit(fleet, { envelope: keyed, tenant, submitter, promote });
  return taken.outcome === 'taken' ? RunId.parse(taken.run.id) : null;
}

/** Whether a key is one that only the times of schedules are submitted under; else somebody could be there first. */
export function isKeyOfSchedule(key: string | undefined): boolean {
  return key?.startsWith('schedule_') === true;
}

function ownerless(submitter: string): DrylaneError {
  return new DrylaneError('not-promotable', {
    field: submitter,
    message: 'made a schedule, and may not submit any more',
    mend: 'remove the schedule, or give out a token of that name again',
  });
}
