import { existsSync } from 'node:fs';
import { visible } from '@drylane/chassis/redact/visible';
import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { wholeNumber } from '../flags.ts';
import { hinted } from '../hint.ts';
import { stateDirectory } from '../state.ts';
import { utc, visibleLine } from '../terminal.ts';

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
      const directory = stateDirectory(options.state, context.env);
      const { runs, isEmpty } = await runsIn(directory, options);
      if (options.json) printJson(context, { runs });
      else if (isEmpty) context.stdout.write(noRuns(directory, options.state));
      else if (runs.length === 0)
        context.stdout.write(`none of the runs in ${visibleLine(directory)} is asked for\n`);
      else {
        const paint = colours(context);
        for (const run of runs) {
          const task = run.task === null ? '' : ` ${paint.bold(visible(run.task))}`;
          const command = clip(visible(run.command).replaceAll(/\s+/g, ' '));
          context.stdout.write(
            `${run.id}  ${utc(run.created_ms)}  ${run.state.padEnd(24)}${(run.risk_level ?? '').padEnd(7)}${task} ${command}\n`,
          );
        }
      }
      done(EXIT.ok);
    });
}

/** The runs that are asked for, and whether there is none at all; a directory that is not there is not made. */
async function runsIn(directory: string, { task, limit }: Options) {
  if (!existsSync(directory)) return { runs: [], isEmpty: true };
  const { openRecords } = await import('../embedded/records.ts');
  await using records = await openRecords(directory);
  const runs = await records.list({ limit, ...(task && { task }) });
  return { runs, isEmpty: runs.length === 0 && (await records.list({ limit: 1 })).length === 0 };
}

function noRuns(directory: string, state: string | undefined): string {
  const first = hinted("drylane rehearse --read-only -- 'ls'", state);
  return `no runs yet in ${visibleLine(directory)}\nmake one: ${visibleLine(first)}\n`;
}

const MAX_COMMAND = 70;

const clip = (text: string): string => (text.length > MAX_COMMAND ? `${text.slice(0, MAX_COMMAND)}…` : text);
