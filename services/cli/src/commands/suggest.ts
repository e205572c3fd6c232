import { safeJson, visible } from '@drylane/chassis/redact/visible';
import type { Evidence } from '@drylane/proto/evidence';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { type Context, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { stateDirectory } from '../state.ts';
import { visibleLine } from '../terminal.ts';

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
      const { report } = await records.report(id);
      const intent = await records.suggestion(report.run_id);
      if (options.json) printJson(context, { intent });
      else context.stdout.write(`${forbiddenNotes(report.evidence)}${readable({ intent })}`);
      done(EXIT.ok);
    });
}

const MAX_NOTES = 50;

/** Comments that name what no intent can make fine. */
function forbiddenNotes({ changes }: Evidence): string {
  const forbidden = changes.filter((change) => change.class === 'forbidden');
  const rest = forbidden.length - MAX_NOTES;
  return [
    ...forbidden
      .slice(0, MAX_NOTES)
      .map(({ path }) => `# ${visibleLine(path)} is forbidden: no intent covers it\n`),
    ...(rest > 0 ? [`# and ${rest} more that are forbidden\n`] : []),
  ].join('');
}

/** YAML as people write it; where names in it would not show as they are, JSON, which YAML holds and which can say them. */
function readable(document: object): string {
  const text = stringify(document);
  return visible(text) === text ? text : `${safeJson(document, 2)}\n`;
}
