import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';

export function registerPolicy(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('policy')
    .description('work with the policy that operators own')
    .command('check')
    .description('load a policy and report every error with its place')
    .argument('<file>', 'the policy, YAML or JSON')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane policy check policy.yaml\n')
    .action(async (file: string, options: { json?: boolean }) => {
      const { checkPolicy } = await import('../embedded/tools.ts');
      const digest = await checkPolicy(file);
      if (options.json) printJson(context, { ok: true, digest });
      else context.stdout.write(`${colours(context).green('good')}  ${digest}\n`);
      done(EXIT.ok);
    });
}
