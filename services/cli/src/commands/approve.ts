import type { Command } from 'commander';
import { type AfarFlags, inFleet, refuseHere, URL_FLAG } from '../afar.ts';
import { type Context, colours, printJson } from '../context.ts';
import type { Heard } from '../embedded/approval.ts';
import { EXIT } from '../exit.ts';
import { hinted } from '../hint.ts';
import { stateDirectory } from '../state.ts';

interface Options extends AfarFlags {
  readonly state?: string;
  readonly comment?: string;
  readonly json?: boolean;
}

export function registerApprove(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('approve')
    .description('read what a run did, and agree that it lands; only a person at a terminal can')
    .argument('<run>', 'its id, or "last"')
    .option('--comment <text>', 'why, for whoever reads the receipt')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .addHelpText(
      'after',
      `
The evidence, the whole diff and the question go to the terminal itself, whatever standard output is.
With an approver key (drylane init --approver NAME) it asks for the passphrase too.

Example:
  drylane approve last --comment 'read it, fine'
`,
    )
    .option(...URL_FLAG)
    .action(async (name: string, options: Options) => {
      const fleet = await inFleet(options, context);
      if (fleet !== undefined) {
        refuseHere({ '--state': options.state });
        const { approveAfar } = await import('../fleet/deciding.ts');
        return done(await approveAfar(fleet, name, options.comment ?? null));
      }
      const [{ openDesk }, { runNamed }, { approveAtTerminal }, { nobodyThere }] = await load();
      await using desk = await openDesk(stateDirectory(options.state, context.env), context.env);
      const id = await runNamed(desk.ledger, name);
      const heard = await approveAtTerminal(desk, id, {
        comment: options.comment ?? null,
        state: options.state,
      });
      if (heard === 'nobody') throw nobodyThere(id);
      if (heard === 'declined') return done(EXIT.hold);
      context.stdout.write(
        `${hinted(afterApproval(heard, colours(context).green('approved')), options.state)}\n`,
      );
      done(EXIT.ok);
    });
}

function afterApproval({ run, missing }: Heard, approved: string): string {
  const next =
    missing === 0
      ? `let it land: drylane apply ${run}`
      : missing === 1
        ? 'one more has to approve'
        : `${missing} more have to approve`;
  return `${run}  ${approved}; ${next}`;
}

export function registerReject(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('reject')
    .description('end a run that waits: it will not land')
    .argument('<run>', 'its id, or "last"')
    .option('--comment <text>', 'why, for whoever reads the receipt')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', "\nExample:\n  drylane reject last --comment 'not on a Friday'\n")
    .option(...URL_FLAG)
    .action(async (name: string, options: Options) => {
      const fleet = await inFleet(options, context);
      if (fleet !== undefined) {
        refuseHere({ '--state': options.state });
        const { rejectAfar } = await import('../fleet/deciding.ts');
        return done(await rejectAfar(fleet, name, { comment: options.comment ?? null, json: options.json }));
      }
      const [{ openDesk }, { runNamed }, { rejectRun }] = await load();
      await using desk = await openDesk(stateDirectory(options.state, context.env), context.env);
      const { run, state } = await rejectRun(
        desk,
        await runNamed(desk.ledger, name),
        options.comment ?? null,
      );
      if (options.json) printJson(context, { run_id: run, state });
      else context.stdout.write(`${run}  ${colours(context).red(state)}\n`);
      done(EXIT.ok);
    });
}

/** What it takes to decide; loaded when it is needed, because other verbs have no use for it. */
async function load() {
  return Promise.all([
    import('../embedded/desk.ts'),
    import('../embedded/records.ts'),
    import('../word.ts'),
    import('../presenting.ts'),
  ]);
}
