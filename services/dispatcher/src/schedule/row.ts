import { z } from 'zod';

/** A row of the table `schedules`. Times are milliseconds since 1970. */
export const ScheduleRow = z.object({
  id: z.string(),
  tenant: z.string(),
  submitter: z.string(),
  cron: z.string(),
  timezone: z.string(),
  promote: z.int().min(0).max(1),
  envelope: z.string().describe('JSON'),
  created_ms: z.int(),
  next_ms: z.int().nullable().describe('Null where it never is again'),
  last_run: z.string().nullable(),
});
export type ScheduleRow = Readonly<z.infer<typeof ScheduleRow>>;
