import type { Command } from 'commander';
import { type AfarFlags, fleetOf, URL_FLAG } from '../afar.ts';
import type { Context } from '../context.ts';

interface Options extends AfarFlags {
  readonly json?: boolean;
}

export function registerCancel(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('cancel')
    .description('end a run of a fleet before it lands')
    .argument('<run>', 'its id')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane cancel run_01M7XV0X1RH9HEE9T32QPNGHM8\n')
    .action(async (name: string, options: Options) => {
      const fleet = await fleetOf(options, context);
      const { cancelAfar } = await import('../fleet/deciding.ts');
      done(await cancelAfar(fleet, name, options));
    });
}
