import type { Command } from 'commander';
import { fleetOf, URL_FLAG } from '../afar.ts';
import type { Context } from '../context.ts';
import type { TokenFlags } from '../fleet/tokens.ts';

type Options = Pick<TokenFlags, 'url' | 'json'>;

export function registerToken(root: Command, context: Context, done: (status: number) => void): void {
  const token = root
    .command('token')
    .description('who may use a fleet: for its operators')
    .addHelpText('after', '\nExample:\n  drylane token create ci --role submitter --tenant web\n');
  token
    .command('create')
    .description('give out a token; standard output is the token, and it is shown this once')
    .argument('<name>', 'whom records name as token:NAME')
    .requiredOption('--role <role>', 'submitter, approver, operator, viewer or worker')
    .option('--tenant <tenant>', 'the team it is of (an operator’s may be of all)')
    .option('--expires <time>', 'how long it counts, such as 720h (default: for ever)')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  umask 077; drylane token create ci --role submitter --tenant web > ci.token\n',
    )
    .action(async (name: string, flags: TokenFlags) => {
      const fleet = await fleetOf(flags, context);
      const { createToken } = await import('../fleet/tokens.ts');
      done(await createToken(fleet, name, flags));
    });
  token
    .command('list')
    .description('tokens that were given out')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane token list\n')
    .action(async (options: Options) => {
      const fleet = await fleetOf(options, context);
      const { listTokens } = await import('../fleet/tokens.ts');
      done(await listTokens(fleet, options));
    });
  token
    .command('revoke')
    .description('end a token for ever')
    .argument('<id>', 'as token list prints it')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nDispatchers may take it for 5 s more.\n\nExample:\n  drylane token revoke Zx81kQ0aB3cD\n',
    )
    .action(async (id: string, options: Options) => {
      const fleet = await fleetOf(options, context);
      const { revokeToken } = await import('../fleet/tokens.ts');
      done(await revokeToken(fleet, id, options));
    });
}
