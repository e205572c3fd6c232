import type { Command } from 'commander';
import { type AfarFlags, inFleet, refuseHere, URL_FLAG } from '../afar.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { stateDirectory } from '../state.ts';
import { printSuggestion } from '../suggestion.ts';

interface Options extends AfarFlags {
  readonly state?: string;
  readonly json?: boolean;
}

export function registerSuggest(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('suggest')
    .description('the smallest intent that would have covered what a run did')
    .argument('<run>', 'its id, or "last"')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nRead it before you use it: it covers what happened, wanted or not.\n\nExample:\n  drylane suggest last\n',
    )
    .option(...URL_FLAG)
    .action(async (id: string, options: Options) => {
      const fleet = await inFleet(options, context);
      if (fleet !== undefined) {
        refuseHere({ '--state': options.state });
        const { suggestAfar } = await import('../fleet/reading.ts');
        return done(await suggestAfar(fleet, id, options));
      }
      const { openRecords } = await import('../embedded/records.ts');
      await using records = await openRecords(stateDirectory(options.state, context.env));
      const { report } = await records.report(id);
      const intent = await records.suggestion(report.run_id);
      printSuggestion(context, report.evidence, intent, options.json === true);
      done(EXIT.ok);
    });
}
