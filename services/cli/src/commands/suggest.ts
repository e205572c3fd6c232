import { safeJson, visible } from '@drylane/chassis/redact/visible';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { type Context, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { stateDirectory } from '../state.ts';

interface Options {
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
    .action(async (id: string, options: Options) => {
      const { openRecords } = await import('../embedded/records.ts');
      await using records = await openRecords(stateDirectory(options.state, context.env));
      const intent = await records.suggestion(id);
      if (options.json) printJson(context, { intent });
      else context.stdout.write(readable({ intent }));
      done(EXIT.ok);
    });
}

/** YAML as people write it; where names in it would not show as they are, JSON, which YAML holds and which can say them. */
function readable(document: object): string {
  const text = stringify(document);
  return visible(text) === text ? text : `${safeJson(document, 2)}\n`;
}
