import { visible } from '@drylane/chassis/redact/visible';
import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { stateDirectory } from '../state.ts';

interface Options {
  readonly state?: string;
  readonly json?: boolean;
}

export function registerDoctor(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('doctor')
    .description('what works on this machine, and what to do about what does not')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane doctor\n')
    .action(async (options: Options) => {
      const { examineMachine } = await import('../embedded/machine.ts');
      const checks = await examineMachine(stateDirectory(options.state, context.env));
      const ok = checks.every((check) => check.ok);
      if (options.json) printJson(context, { ok, checks });
      else {
        const paint = colours(context);
        for (const { name, ok: good, detail, mend } of checks) {
          const sign = good ? paint.green('ok  ') : paint.red('no  ');
          context.stdout.write(`${sign}${name.padEnd(12)}${visible(detail)}\n`);
          if (mend !== null) context.stdout.write(`${' '.repeat(16)}→ ${visible(mend)}\n`);
        }
      }
      done(ok ? EXIT.ok : EXIT['machine-unfit']);
    });
}
