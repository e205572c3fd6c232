import { visible } from '@drylane/chassis/redact/visible';
import { DrylaneError } from '@drylane/proto/errors';
import { type Command, Option } from 'commander';
import { evidenceBlock } from '../block.ts';
import { type Context, colours, printJson, writeBytes } from '../context.ts';
import type { PastReport } from '../embedded/records.ts';
import { EXIT } from '../exit.ts';
import { renderBlock } from '../print.ts';
import { endLines } from '../promotion-block.ts';
import { renderSections } from '../sections.ts';
import { stateDirectory } from '../state.ts';

interface Options {
  readonly state?: string;
  readonly json?: boolean;
  readonly rawOutput?: boolean;
}

export function registerShow(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('show')
    .description('the evidence of a run')
    .argument('<run>', 'its id, or "last"')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'the whole document, as rehearse --json printed it')
    .addOption(new Option('--raw-output', 'its raw output, sealed with age').conflicts('json'))
    .addHelpText(
      'after',
      `
Raw output is kept where the policy names recipients (evidence.raw_output.seal_to). In its seal is a tar.

Examples:
  drylane show last
  drylane show last --raw-output | age -d -i key.txt | tar -xO stdout
`,
    )
    .action(async (id: string, options: Options) => {
      if (options.rawOutput && context.stdout.isTTY) throw notToTerminal();
      const { openRecords } = await import('../embedded/records.ts');
      await using records = await openRecords(stateDirectory(options.state, context.env));
      if (options.rawOutput) await writeBytes(context, await records.rawOutput(id));
      else {
        const past = await records.report(id);
        if (options.json) printJson(context, past.report);
        else context.stdout.write(render(past, context));
      }
      done(EXIT.ok);
    });
}

function render({ report, approvalRequired, dossier }: PastReport, context: Context): string {
  const paint = colours(context);
  const { judgement, run } = dossier;
  const { promotion, receipt } = report;
  const raw =
    run.raw_output_digest === null
      ? ''
      : `\n${paint.bold('raw output')}\nsealed as ${run.raw_output_digest}: drylane show ${run.id} --raw-output\n`;
  return [
    `${paint.bold('command')}\n${visible(judgement.envelope.command)}\n\n`,
    renderBlock(evidenceBlock(report, approvalRequired), paint),
    renderBlock(endLines({ state: run.state, promotion, receipt }), paint),
    renderSections(report.evidence, paint),
    raw,
  ].join('');
}

function notToTerminal(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: '--raw-output',
    message: 'is sealed bytes, which are nothing for a terminal',
    mend: 'pipe it: drylane show RUN --raw-output | age -d -i KEY | tar -xO stdout',
  });
}
