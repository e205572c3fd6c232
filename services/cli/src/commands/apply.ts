import { DrylaneError } from '@drylane/proto/errors';
import { type Command, Option } from 'commander';
import { inFleet, URL_FLAG } from '../afar.ts';
import { type Context, colours, printJson } from '../context.ts';
import { PROMOTION_EXIT } from '../exit.ts';
import type { LandingFlags } from '../fleet/landing.ts';
import { onInterrupt } from '../interrupt.ts';
import { renderBlock } from '../print.ts';
import { promotionLines } from '../promotion-block.ts';
import { stateDirectory } from '../state.ts';

export function registerApply(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('apply')
    .description('let a run land: the very changes that were rehearsed, all or nothing')
    .argument('<run>', 'its id, or "last"')
    .option('--merge', 'merge texts that others changed meanwhile, where the changes do not overlap')
    .option('--workspace <dir>', 'in a fleet: where on this machine a snapshot or git tree lands')
    .addOption(new Option('--patch', 'in a fleet: print a git tree’s patch, for git am').conflicts('json'))
    .option(...URL_FLAG)
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nWhat is no longer as it was when the run was rehearsed is drift: then nothing lands, and it exits 13.\n\nExample:\n  drylane apply last\n',
    )
    .action(async (name: string, options: LandingFlags) => {
      const fleet = await inFleet(options, context);
      if (fleet !== undefined) {
        const { applyAfar } = await import('../fleet/landing.ts');
        return done(await applyAfar(fleet, name, options));
      }
      refuseAfar(options);
      const { openPromoter } = await import('../embedded/promoter.ts');
      await using promoter = await openPromoter(stateDirectory(options.state, context.env), context.env);
      using _interrupts = onInterrupt(() => promoter.close());
      const { run, promotion, receipt } = await promoter.promote(name, { merge: options.merge === true });
      if (options.json) printJson(context, { run_id: run.id, state: run.state, promotion, receipt });
      else
        context.stdout.write(
          renderBlock(
            promotionLines(promotion, receipt, run.change_set_digest !== null),
            colours(context),
            options.state,
          ),
        );
      done(PROMOTION_EXIT[promotion.result]);
    });
}

/** A run of this machine lands where it was rehearsed. */
function refuseAfar({ workspace, patch }: LandingFlags): void {
  if (workspace === undefined && patch !== true) return;
  throw new DrylaneError('bad-input', {
    field: patch ? '--patch' : '--workspace',
    message: 'is for a run of a fleet',
    mend: 'leave it out, or set DRYLANE_URL',
  });
}
