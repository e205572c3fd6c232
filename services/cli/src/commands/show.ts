import { DrylaneError } from '@drylane/proto/errors';
import { milliseconds } from '@drylane/proto/quantities';
import { type Command, Option } from 'commander';
import { evidenceBlock } from '../block.ts';
import { type Context, colours, printJson, writeBytes } from '../context.ts';
import { decisionLines } from '../decisions.ts';
import type { LocalDesk } from '../embedded/desk.ts';
import { EXIT } from '../exit.ts';
import { hinted } from '../hint.ts';
import { renderBlock } from '../print.ts';
import { endLines } from '../promotion-block.ts';
import { indented, renderSections } from '../sections.ts';
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
      const state = stateDirectory(options.state, context.env);
      const { openRecords } = await import('../embedded/records.ts');
      if (options.rawOutput) {
        await using records = await openRecords(state);
        await writeBytes(context, await records.rawOutput(id));
      } else {
        const { openDesk } = await import('../embedded/desk.ts');
        await using desk = await openDesk(state, context.env);
        const past = await pastRun(desk, id);
        if (options.json) printJson(context, past.report);
        else context.stdout.write(render(past, context, options.state));
      }
      done(EXIT.ok);
    });
}

type Past = Awaited<ReturnType<typeof pastRun>>;

/** What was reported of a run, what people have said of it since, and why it is where it is. */
async function pastRun(desk: LocalDesk, name: string) {
  const { reportOf, runNamed, standing } = await import('../embedded/records.ts');
  const past = await reportOf(desk, await runNamed(desk.ledger, name));
  const { run, subject, policy } = past.dossier;
  const nowMs = Date.now();
  const [now, { events }] = await Promise.all([
    standing(desk, past.dossier, nowMs),
    desk.ledger.readRun(subject.run),
  ]);
  const last = events.findLast(({ event }) => event.type === 'moved')?.event;
  return {
    ...past,
    nowMs,
    missing: now.status === 'missing' ? now : null,
    reason: last?.type === 'moved' ? last.reason : null,
    waitsUntilMs: run.updated_ms + milliseconds(policy.approvals.live.expires),
  };
}

function render(past: Past, context: Context, state: string | undefined): string {
  const paint = colours(context);
  const { report, approvalRequired, dossier } = past;
  const { judgement, run, mode, approvals } = dossier;
  const raw =
    run.raw_output_digest === null
      ? ''
      : `\n${paint.bold('raw output')}\nsealed as ${run.raw_output_digest}: ${hinted(`drylane show ${run.id} --raw-output`, state)}\n`;
  return [
    `${paint.bold('command')}\n${indented(judgement.envelope.command)}\n\n`,
    renderBlock(evidenceBlock(report, approvalRequired), paint, state),
    renderBlock(endLines(report), paint, state),
    renderBlock(decisionLines({ ...past, state: run.state, mode, approvals }), paint, state),
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
