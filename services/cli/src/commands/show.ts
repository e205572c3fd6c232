import { visible } from '@drylane/chassis/redact/visible';
import type { Command } from 'commander';
import { evidenceBlock } from '../block.ts';
import { type Context, colours, printJson } from '../context.ts';
import { EXIT } from '../exit.ts';
import { renderBlock, renderChange, renderSteps, visiblePath } from '../print.ts';
import { stateDirectory } from '../state.ts';

interface Options {
  readonly state?: string;
  readonly json?: boolean;
}

const MAX_CHANGES = 200;

export function registerShow(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('show')
    .description('the evidence of a run')
    .argument('<run>', 'its id, or "last"')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'the whole document, as rehearse --json printed it')
    .addHelpText('after', '\nExample:\n  drylane show last\n')
    .action(async (id: string, options: Options) => {
      const { openRecords } = await import('../embedded/records.ts');
      await using records = await openRecords(stateDirectory(options.state, context.env));
      const { report, approvalRequired, command } = await records.report(id);
      if (options.json) printJson(context, report);
      else {
        const paint = colours(context);
        const section = (title: string, body: string): string =>
          body === '' ? '' : `\n${paint.bold(title)}\n${body}${body.endsWith('\n') ? '' : '\n'}`;
        const { changes, stdout, stderr, outside } = report.evidence;
        const shown = changes.slice(0, MAX_CHANGES).map((change) => renderChange(change, paint));
        const cut = changes.length - shown.length;
        context.stdout.write(
          [
            `${paint.bold('command')}\n${visible(command)}\n\n`,
            renderBlock(evidenceBlock(report, approvalRequired), paint),
            section('steps', renderSteps(report.evidence, paint)),
            section(
              'changes',
              [...shown, ...(cut > 0 ? [`… and ${cut} more (--json has all)`] : [])].join('\n'),
            ),
            section('outside', outside.map((o) => `${o.kind} ${visiblePath(o.path)}`).join('\n')),
            section('stdout', visible(stdout.text)),
            section('stderr', visible(stderr.text)),
            section('not observed', report.evidence.fidelity.unobserved.join('\n')),
          ].join(''),
        );
      }
      done(EXIT.ok);
    });
}
