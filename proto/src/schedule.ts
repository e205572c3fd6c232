import { z } from 'zod';
import { Envelope } from './envelope.ts';
import { RunId } from './ids.ts';

/** `schedule_` and a ULID. */
export const ScheduleId = z
  .string()
  .regex(/^schedule_[0-9A-HJKMNP-TV-Z]{26}$/, 'must be schedule_ and a ULID');
export type ScheduleId = z.infer<typeof ScheduleId>;

// Five fields: a lane that is asked each second is a load, and no schedule.
const FIELD = '[0-9A-Za-z*?,/#-]{1,100}';
const Cron = z
  .string()
  .max(200)
  .regex(new RegExp(`^${FIELD}( ${FIELD}){4}$`), 'must be five cron fields, one space between')
  .describe('minute hour day month weekday');

/** What to rehearse, and when; each time is a run of whoever made the schedule. */
export const ScheduleRequest = z
  .strictObject({
    cron: Cron,
    timezone: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9+_/-]+$/, 'must be a time zone')
      .default('UTC'),
    promote: z.boolean().default(false).describe('Whether it lands when verdict, policy and approvals allow'),
    envelope: Envelope,
  })
  .refine(({ envelope }) => envelope.idempotency_key === undefined, {
    path: ['envelope', 'idempotency_key'],
    message: 'each time has a key of its own',
  });
export type ScheduleRequest = Readonly<z.infer<typeof ScheduleRequest>>;

/** A schedule that is kept. Times are milliseconds since 1970. */
export const Schedule = z.strictObject({
  id: ScheduleId,
  tenant: z.string(),
  submitter: z.string().describe('Who made it, and so cannot approve what comes of it'),
  cron: Cron,
  timezone: z.string(),
  promote: z.boolean(),
  envelope: Envelope.describe('Scrubbed'),
  created_ms: z.int(),
  next_ms: z.int().nullable().describe('When it is next, where that is known'),
  last_run: RunId.nullable(),
});
export type Schedule = Readonly<z.infer<typeof Schedule>>;
