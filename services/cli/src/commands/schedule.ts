import type { Command } from 'commander';
import { fleetOf, URL_FLAG } from '../afar.ts';
import type { Context } from '../context.ts';
import type { ScheduleFlags } from '../fleet/schedules.ts';
import { withEnvelopeFlags } from '../rehearsal-flags.ts';

type Options = Pick<ScheduleFlags, 'url' | 'json'>;

export function registerSchedule(root: Command, context: Context, done: (status: number) => void): void {
  const schedule = root
    .command('schedule')
    .description('rehearse a command of a fleet at set times')
    .addHelpText('after', '\nExample:\n  drylane schedule list\n');
  withEnvelopeFlags(schedule.command('add'))
    .description('rehearse an envelope at set times')
    .requiredOption('--cron <times>', 'five fields in quotes: minute hour day month weekday')
    .option('--timezone <zone>', 'whose hours those are', 'UTC')
    .option('--promote', 'let it land when verdict, policy and approvals allow it')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      "\nExample:\n  drylane schedule add --cron '0 3 * * *' --expect 'blog/*.md' -- 'make tidy'\n",
    )
    .action(async (words: string[], flags: ScheduleFlags) => {
      const fleet = await fleetOf(flags, context);
      const { addSchedule } = await import('../fleet/schedules.ts');
      done(await addSchedule(fleet, words, flags));
    });
  schedule
    .command('list')
    .description('what is rehearsed at set times')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane schedule list\n')
    .action(async (options: Options) => {
      const fleet = await fleetOf(options, context);
      const { listSchedules } = await import('../fleet/schedules.ts');
      done(await listSchedules(fleet, options));
    });
  schedule
    .command('remove')
    .description('end a schedule; runs that it began go on')
    .argument('<id>', 'as schedule list prints it')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane schedule remove schedule_01M7XV0X1RH9HEE9T32QPNGHM8\n')
    .action(async (id: string, options: Options) => {
      const fleet = await fleetOf(options, context);
      const { removeSchedule } = await import('../fleet/schedules.ts');
      done(await removeSchedule(fleet, id, options));
    });
}
