import { checkAs } from '@drylane/proto/document';
import { Schedule, ScheduleId, ScheduleRequest } from '@drylane/proto/schedule';
import type { AfarFlags } from '../afar.ts';
import { colours, printJson, type Status } from '../context.ts';
import { type EnvelopeFlags, envelopeForFleet } from '../envelope.ts';
import { EXIT } from '../exit.ts';
import { commandFrom } from '../shell-words.ts';
import { utc, visibleLine } from '../terminal.ts';
import { SchedulePage } from './answers.ts';
import { badId } from './naming.ts';
import type { Fleet } from './open.ts';
import { allOf } from './paging.ts';

/** What `schedule add` is told. */
export interface ScheduleFlags extends EnvelopeFlags, AfarFlags {
  readonly cron: string;
  readonly timezone: string;
  readonly promote?: boolean;
  readonly json?: boolean;
}

interface Json {
  readonly json?: boolean;
}

/** `drylane schedule add`. */
export async function addSchedule(
  fleet: Fleet,
  words: readonly string[],
  flags: ScheduleFlags,
): Promise<Status> {
  const { client, context } = fleet;
  const envelope = await envelopeForFleet(flags, commandFrom(words), context, undefined);
  const { cron, timezone, promote = false } = flags;
  const body = checkAs(ScheduleRequest, { cron, timezone, promote, envelope }, 'bad-input');
  const schedule = await client.ask(Schedule, { method: 'POST', path: '/v1/schedules', body });
  if (flags.json) printJson(context, schedule);
  else context.stdout.write(`${lineOf(schedule)}\n`);
  return EXIT.ok;
}

/** `drylane schedule list`. */
export async function listSchedules({ client, context }: Fleet, { json }: Json): Promise<Status> {
  const schedules = await allOf<Schedule>(async (query) => {
    const page = await client.ask(SchedulePage, {
      method: 'GET',
      path: '/v1/schedules',
      query: { ...query },
    });
    return { found: page.schedules, next: page.next };
  });
  if (json) printJson(context, { schedules });
  else if (schedules.length === 0) context.stdout.write('no schedules\n');
  else for (const schedule of schedules) context.stdout.write(`${lineOf(schedule)}\n`);
  return EXIT.ok;
}

/** `drylane schedule remove`. */
export async function removeSchedule(
  { client, context }: Fleet,
  name: string,
  { json }: Json,
): Promise<Status> {
  const id = ScheduleId.safeParse(name).data;
  if (id === undefined) throw badId('schedule', name, 'drylane schedule list');
  await client.tell({ method: 'DELETE', path: `/v1/schedules/${id}` });
  if (json) printJson(context, { removed: id });
  else context.stdout.write(`${id}  ${colours(context).red('removed')}\n`);
  return EXIT.ok;
}

function lineOf({ id, cron, timezone, promote, next_ms: next, envelope }: Schedule): string {
  const when = `${visibleLine(cron)} ${visibleLine(timezone)}`;
  const soon = next === null ? 'not known' : `${utc(next)} UTC`;
  return `${id}  ${when}  next: ${soon}  ${promote ? 'may land' : 'only rehearsed'}  ${visibleLine(envelope.command)}`;
}
