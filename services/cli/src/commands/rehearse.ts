import type { Command } from 'commander';
import { inFleet } from '../afar.ts';
import { evidenceBlock } from '../block.ts';
import { type Context, colours, printJson } from '../context.ts';
import { VERDICT_EXIT } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { nextLines } from '../next.ts';
import { renderBlock } from '../print.ts';
import { type RehearsalFlags, withRehearsalFlags } from '../rehearsal-flags.ts';
import { submit } from '../submit.ts';

export function registerRehearse(root: Command, context: Context, done: (status: number) => void): void {
  withRehearsalFlags(root.command('rehearse'))
    .description('run a command in a sandbox, see what it did, get a verdict; nothing live is touched')
    .addHelpText(
      'after',
      `
Examples:
  drylane rehearse --expect 'blog/*.md' -- python3 scripts/rewrite.py
  drylane rehearse --read-only -- 'git log --oneline | head'
  drylane rehearse -f envelope.yaml --json
  drylane rehearse --read-only -- 'curl -s https://api.github.com/zen | wc -c' --network api.github.com:443

A command that is one word in quotes is whole: what follows it are drylane's flags. Otherwise
every word after -- is the command's.
`,
    )
    .action(async (words: string[], flags: RehearsalFlags) => {
      const fleet = await inFleet(flags, context);
      if (fleet !== undefined) {
        const { rehearseAfar } = await import('../fleet/submitting.ts');
        return done(await rehearseAfar(fleet, words, flags));
      }
      await using submitted = await submit(words, flags, context);
      using _interrupts = onInterrupt(() => submitted.lane.close());
      const { report, approvalRequired, state } = await submitted.lane.rehearse(submitted.envelope);
      if (flags.json) printJson(context, report);
      else {
        const next = nextLines({ report, state, promotion: submitted.envelope.promotion });
        const lines = [...evidenceBlock(report, approvalRequired), ...next];
        context.stdout.write(renderBlock(lines, colours(context), flags.state));
      }
      done(VERDICT_EXIT[report.verdict]);
    });
}
