import { visible } from '@drylane/chassis/redact/visible';
import { type Command, Option } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { requiredCommand } from '../shell-words.ts';

const SHELLS = ['bash', 'sh'] as const;

export function registerSteps(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('steps')
    .description('how a command is split into steps, with positions')
    .argument('<command...>', 'the command, after --')
    .addOption(new Option('--shell <shell>', 'its shell').choices(SHELLS).default('bash'))
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', "\nExample:\n  drylane steps -- 'make && ./run | tee log; rm -f tmp'\n")
    .action(async (words: string[], options: { shell: (typeof SHELLS)[number]; json?: boolean }) => {
      const { splitCommand } = await import('../embedded/tools.ts');
      const command = requiredCommand(words);
      const plan = splitCommand(command, options.shell);
      if (options.json) printJson(context, { command, ...plan });
      else {
        const paint = colours(context);
        if (plan.opaque)
          context.stdout.write(`${paint.yellow(`one opaque step: ${visible(plan.reason)}`)}\n`);
        for (const step of plan.steps) {
          const place = paint.dim(`${step.span[0]}–${step.span[1]}`);
          const text = visible(step.text).split('\n').join('\n         ');
          context.stdout.write(
            `${String(step.index + 1).padStart(3)}  ${(step.operator ?? '').padEnd(2)}  ${text}   ${place}\n`,
          );
        }
      }
      done(EXIT.ok);
    });
}
