import type { RunId } from '@drylane/proto/ids';
import type { Command } from 'commander';
import { evidenceBlock } from '../block.ts';
import { type Context, colours, printJson } from '../context.ts';
import type { Heard } from '../embedded/approval.ts';
import type { Desk } from '../embedded/desk.ts';
import { EXIT, PROMOTION_EXIT, VERDICT_EXIT } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { renderBlock } from '../print.ts';
import { promotionLines, waitingLines } from '../promotion-block.ts';
import { type RehearsalFlags, withRehearsalFlags } from '../rehearsal-flags.ts';
import { submit } from '../submit.ts';

interface Flags extends RehearsalFlags {
  readonly merge?: boolean;
}

export function registerExecute(root: Command, context: Context, done: (status: number) => void): void {
  withRehearsalFlags(root.command('execute'))
    .option('--merge', 'merge texts that others changed meanwhile, where the changes do not overlap')
    .description('rehearse a command and, when verdict, policy and approvals allow it, let it land')
    .addHelpText(
      'after',
      `
Where policy wants a person, it asks at the terminal. Without one it exits 11, and says what to type.

Example:
  drylane execute --expect 'blog/*.md' -- python3 scripts/rewrite.py
`,
    )
    .action(async (words: string[], flags: Flags) => {
      await using submitted = await submit(words, flags, context);
      const { lane, envelope } = submitted;
      using _interrupts = onInterrupt(() => lane.close());
      const { report, approvalRequired, state } = await lane.rehearse(envelope);
      const paint = colours(context);
      const tell = (lines: Parameters<typeof renderBlock>[0]): void => {
        if (!flags.json) context.stdout.write(renderBlock(lines, paint));
      };
      tell(evidenceBlock(report, approvalRequired));
      const waits = state === 'awaiting-live-approval';
      const asked = waits && !flags.json ? await askNow(lane.desk, report.run_id) : 'nobody';
      const agreed = state === 'promotable' || (typeof asked === 'object' && asked.missing === 0);
      if (!agreed) {
        if (flags.json) printJson(context, { ...report, state, promotion: null });
        else if (waits) tell(waitingLines(report.run_id));
        return done(waits ? EXIT.hold : VERDICT_EXIT[report.verdict]);
      }
      const ended = await lane.promote(report.run_id, { merge: flags.merge === true });
      const { promotion, receipt } = ended;
      if (flags.json) printJson(context, { ...report, receipt, state: ended.run.state, promotion });
      else tell(promotionLines(promotion, receipt));
      done(PROMOTION_EXIT[promotion.result]);
    });
}

async function askNow(desk: Desk, id: RunId): Promise<Heard | 'declined' | 'nobody'> {
  const { approveAtTerminal } = await import('../word.ts');
  return approveAtTerminal(desk, id, null);
}
