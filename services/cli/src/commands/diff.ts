import { DrylaneError } from '@drylane/proto/errors';
import type { Command } from 'commander';
import { type AfarFlags, inFleet, refuseHere, URL_FLAG } from '../afar.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { printDiff } from '../patch.ts';
import { stateDirectory } from '../state.ts';

interface Options extends AfarFlags {
  readonly state?: string;
  readonly json?: boolean;
}

export function registerDiff(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('diff')
    .description('what a run changed, as a unified diff')
    .argument('<run>', 'its id, or "last"')
    .argument('[path]', 'only this path, as show prints it')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane diff last blog/index.html\n')
    .option(...URL_FLAG)
    .action(async (id: string, path: string | undefined, options: Options) => {
      const fleet = await inFleet(options, context);
      if (fleet !== undefined) {
        refuseHere({ '--state': options.state });
        const { diffAfar } = await import('../fleet/reading.ts');
        return done(await diffAfar(fleet, id, { path, ...options }));
      }
      const { openRecords } = await import('../embedded/records.ts');
      await using records = await openRecords(stateDirectory(options.state, context.env));
      const all = await records.patches(id);
      const patches = path === undefined ? all : all.filter((patch) => patch.path === path);
      if (path !== undefined && patches.length === 0)
        throw new DrylaneError('not-found', {
          field: 'path',
          message: `the run did not change ${path}`,
          mend: `see the paths it changed: drylane show ${id}`,
        });
      printDiff(context, patches, options.json === true);
      done(EXIT.ok);
    });
}
