import { visible } from '@drylane/chassis/redact/visible';
import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { wholeNumber } from '../flags.ts';
import { stateDirectory } from '../state.ts';

interface Options {
  readonly state?: string;
  readonly task?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function registerRuns(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('runs')
    .description('past runs, newest first')
    .option('--task <task>', 'only those of this task')
    .option('--limit <n>', 'how many at the most', wholeNumber, 20)
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane runs --task nightly-report --limit 5\n')
    .action(async (options: Options) => {
      const { openRecords } = await import('../embedded/records.ts');
      await using records = await openRecords(stateDirectory(options.state, context.env));
      const runs = await records.list({ limit: options.limit, ...(options.task && { task: options.task }) });
      if (options.json) printJson(context, { runs });
      else if (runs.length === 0) context.stdout.write("no runs yet: drylane rehearse --read-only -- 'ls'\n");
      else {
        const paint = colours(context);
        for (const run of runs) {
          const when = new Date(run.created_ms).toISOString().slice(0, 19).replace('T', ' ');
          const task = run.task === null ? '' : ` ${paint.bold(visible(run.task))}`;
          const command = clip(visible(run.command).replaceAll(/\s+/g, ' '));
          context.stdout.write(
            `${run.id}  ${when}  ${run.state.padEnd(24)}${(run.risk_level ?? '').padEnd(7)}${task} ${command}\n`,
          );
        }
      }
      done(EXIT.ok);
    });
}

const MAX_COMMAND = 70;

const clip = (text: string): string => (text.length > MAX_COMMAND ? `${text.slice(0, MAX_COMMAND)}…` : text);
