import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type AfarFlags, inFleet, refuseHere, URL_FLAG } from '../afar.ts';
import { type Context, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { wholeNumber } from '../flags.ts';
import { hinted } from '../hint.ts';
import { printRuns } from '../run-list.ts';
import { stateDirectory } from '../state.ts';
import { visibleLine } from '../terminal.ts';

interface Options extends AfarFlags {
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
    .option(...URL_FLAG)
    .action(async (options: Options) => {
      const fleet = await inFleet(options, context);
      if (fleet !== undefined) {
        refuseHere({ '--state': options.state });
        const { runsAfar } = await import('../fleet/reading.ts');
        return done(await runsAfar(fleet, options));
      }
      const directory = stateDirectory(options.state, context.env);
      const { runs, isEmpty } = await runsIn(directory, options);
      if (options.json) printJson(context, { runs });
      else if (isEmpty) context.stdout.write(noRuns(directory, options.state));
      else if (runs.length === 0)
        context.stdout.write(`none of the runs in ${visibleLine(directory)} is asked for\n`);
      else printRuns(context, runs);
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
