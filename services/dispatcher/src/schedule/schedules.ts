import { randomBytes } from 'node:crypto';
import { createRedactor } from '@drylane/chassis/redact/redact';
import { Envelope } from '@drylane/proto/envelope';
import { DrylaneError } from '@drylane/proto/errors';
import { type RunId, runId } from '@drylane/proto/ids';
import type { Schedule, ScheduleId, ScheduleRequest } from '@drylane/proto/schedule';
import { secretProblems } from '../dispatch/secrets.ts';
import type { Service } from '../http/service.ts';
import type { Database } from '../ledger/database.ts';
import { ScheduleRow } from './row.ts';
import { nextTime } from './schedule.ts';

/** How many schedules a tenant may have. */
const MOST = 1000;

/** Schedules in the ledger's database: what Redis forgets, they do not. */
export interface Schedules
  extends Pick<Service, 'addSchedule' | 'schedules' | 'schedule' | 'removeSchedule'> {
  /** Those whose time has come, by id, after the one of `after`. */
  due(nowMs: number, page: DuePage): Promise<readonly Schedule[]>;
  /** Notes that the time of a schedule has been taken care of; false where another replica was quicker. */
  taken(schedule: Schedule, run: RunId | null, nowMs: number): Promise<boolean>;
}

export interface DuePage {
  readonly limit: number;
  readonly after?: ScheduleId;
}

export function storedSchedules({ db, retry }: Database): Schedules {
  const table = () => db.selectFrom('schedules').selectAll();
  return {
    async addSchedule(who, tenant, request) {
      const nowMs = Date.now();
      const schedule = scheduleOf(request, tenant, who.id, nowMs);
      await retry(async () => {
        const kept = await table().where('tenant', '=', tenant).select('id').limit(MOST).execute();
        if (kept.length >= MOST) throw tooMany();
        await db.insertInto('schedules').values(rowOf(schedule)).execute();
      });
      return schedule;
    },
    async schedules({ tenants, limit, after }) {
      let query = table().orderBy('id').limit(limit);
      if (tenants !== 'all') query = query.where('tenant', 'in', tenants);
      if (after !== undefined) query = query.where('id', '>', after);
      return (await retry(() => query.execute())).map(scheduleIn);
    },
    async schedule(id) {
      const row = await retry(() => table().where('id', '=', id).executeTakeFirst());
      if (row === undefined) throw noSuch(id);
      return scheduleIn(row);
    },
    async removeSchedule(_, id) {
      await retry(() => db.deleteFrom('schedules').where('id', '=', id).execute());
    },
    async due(nowMs, { limit, after }) {
      const all = table().where('next_ms', '<=', nowMs).orderBy('id').limit(limit);
      const query = after === undefined ? all : all.where('id', '>', after);
      return (await retry(() => query.execute())).map(scheduleIn);
    },
    async taken({ id, next_ms: due, cron, timezone }, run, nowMs) {
      const next = nextTime(cron, timezone, nowMs);
      const update = db
        .updateTable('schedules')
        .set({ next_ms: next, ...(run === null ? {} : { last_run: run }) })
        .where('id', '=', id)
        .where('next_ms', '=', due);
      return (await retry(() => update.executeTakeFirst())).numUpdatedRows === 1n;
    },
  };
}

function scheduleOf(request: ScheduleRequest, tenant: string, submitter: string, nowMs: number): Schedule {
  const problems = secretProblems(request.envelope, createRedactor([]));
  if (problems.length > 0) throw new DrylaneError('bad-input', problems);
  const { cron, timezone, promote, envelope } = request;
  return {
    id: runId(nowMs, randomBytes(10)).replace(/^run_/, 'schedule_') as ScheduleId,
    ...{ tenant, submitter, cron, timezone, promote, envelope, created_ms: nowMs },
    next_ms: nextTime(cron, timezone, nowMs),
    last_run: null,
  };
}

const rowOf = ({ envelope, promote, ...fields }: Schedule): ScheduleRow => ({
  ...fields,
  promote: Number(promote),
  envelope: JSON.stringify(envelope),
});

function scheduleIn(found: unknown): Schedule {
  const { envelope, promote, ...fields } = ScheduleRow.parse(found);
  return { ...fields, promote: promote === 1, envelope: Envelope.parse(JSON.parse(envelope)) } as Schedule;
}

function tooMany(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'schedules',
    message: `there are ${MOST} of this tenant already`,
    mend: 'remove one first',
  });
}

function noSuch(field: string): DrylaneError {
  return new DrylaneError('not-found', { field, message: 'is no schedule', mend: 'list them' });
}
