import type { Command } from 'commander';
import { type AfarFlags, fleetOf, URL_FLAG } from '../afar.ts';
import type { Context } from '../context.ts';
import { several } from '../flags.ts';

interface Options extends AfarFlags {
  readonly exclude?: readonly string[];
  readonly json?: boolean;
}

export function registerSnapshot(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('snapshot')
    .description('send a directory to a fleet, for envelopes to name as workspace.snapshot')
    .argument('<dir>', 'the directory; no link in it is followed')
    .option('--exclude <pattern>', 'leave out what this matches, with all below; may be repeated', several)
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      `
Everything else in it is sent, whatever .gitignore says. Prints its digest.

Example:
  drylane snapshot . --exclude node_modules/ --exclude .env
`,
    )
    .action(async (directory: string, options: Options) => {
      const fleet = await fleetOf(options, context);
      const { snapshotAfar } = await import('../fleet/uploading.ts');
      done(await snapshotAfar(fleet, directory, options));
    });
}
