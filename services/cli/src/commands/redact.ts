import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';

export function registerRedact(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('redact')
    .description('copy standard input to standard output, secrets scrubbed')
    .addHelpText('after', '\nExample:\n  cat build.log | drylane redact > build.clean.log\n')
    .action(async () => {
      const { scrub } = await import('../embedded/tools.ts');
      await scrub(context.stdin, context.stdout);
      done(EXIT.ok);
    });
}
