import type { Command } from 'commander';
import { inFleet } from '../afar.ts';
import { evidenceBlock } from '../block.ts';
import { type Context, colours, printJson } from '../context.ts';
import type { Reported } from '../embedded/judging.ts';
import type { Lane } from '../embedded/lane.ts';
import { EXIT, PROMOTION_EXIT, VERDICT_EXIT } from '../exit.ts';
import type { ExecuteFlags } from '../fleet/executing.ts';
import { onInterrupt } from '../interrupt.ts';
import { nextLines } from '../next.ts';
import { renderBlock } from '../print.ts';
import { promotionLines, waitingLines } from '../promotion-block.ts';
import { withRehearsalFlags } from '../rehearsal-flags.ts';
import { submit } from '../submit.ts';

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
    .action(async (words: string[], flags: ExecuteFlags) => {
      const fleet = await inFleet(flags, context);
      if (fleet !== undefined) {
        const { executeAfar } = await import('../fleet/executing.ts');
        return done(await executeAfar(fleet, words, flags));
      }
      await using submitted = await submit(words, flags, context);
      const { lane, envelope } = submitted;
      using _interrupts = onInterrupt(() => lane.close());
      const reported = await lane.rehearse(envelope);
      const { report, state } = reported;
      const paint = colours(context);
      const tell = (lines: Parameters<typeof renderBlock>[0]): void => {
        if (!flags.json) context.stdout.write(renderBlock(lines, paint, flags.state));
      };
      tell(evidenceBlock(report, reported.approvalRequired));
      if (!(await mayLand(lane, reported, flags))) {
        const waits = state === 'awaiting-live-approval' && reported.mode !== null;
        if (flags.json) printJson(context, { ...report, state, promotion: null });
        else if (waits) tell(waitingLines(report.run_id));
        else tell(nextLines({ report, state, promotion: envelope.promotion }));
        return done(waits ? EXIT.hold : VERDICT_EXIT[report.verdict]);
      }
      const ended = await lane.promote(report.run_id, { merge: flags.merge === true });
      const { promotion, receipt } = ended;
      if (flags.json) printJson(context, { ...report, receipt, state: ended.run.state, promotion });
      else tell(promotionLines(promotion, receipt, report.change_set !== null));
      done(PROMOTION_EXIT[promotion.result]);
    });
}

/** Whether a run may land now; a person is asked where one has to agree. */
async function mayLand(
  lane: Lane,
  { report, state, mode }: Reported,
  { json, state: given }: ExecuteFlags,
): Promise<boolean> {
  if (mode === null || json || state !== 'awaiting-live-approval')
    return mode !== null && state === 'promotable';
  const { approveAtTerminal } = await import('../word.ts');
  const heard = await approveAtTerminal(await lane.desk(), report.run_id, { comment: null, state: given });
  return typeof heard === 'object' && heard.missing === 0;
}
