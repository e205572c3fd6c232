import { visible } from '@drylane/chassis/redact/visible';
import type { Command } from 'commander';
import { type AfarFlags, inFleet, refuseHere, URL_FLAG } from '../afar.ts';
import { type Context, colours, printJson } from '../context.ts';
import type { Check } from '../embedded/machine.ts';
import { EXIT } from '../exit.ts';
import type { FleetCheck } from '../fleet/doctor.ts';
import { stateDirectory } from '../state.ts';

interface Options extends AfarFlags {
  readonly state?: string;
  readonly json?: boolean;
}

export function registerDoctor(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('doctor')
    .description('what works on this machine or of a fleet, and what to do about what does not')
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option(...URL_FLAG)
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane doctor\n')
    .action(async (options: Options) => {
      const checks = await examined(options, context);
      const ok = checks.every((check) => check.ok);
      if (options.json) printJson(context, { ok, checks });
      else {
        const paint = colours(context);
        for (const { name, ok: good, detail, mend } of checks) {
          const sign = good ? paint.green('ok  ') : paint.red('no  ');
          context.stdout.write(`${sign}${name.padEnd(12)}${visible(detail)}\n`);
          if (mend !== null) context.stdout.write(`${' '.repeat(16)}→ ${visible(mend)}\n`);
        }
      }
      done(ok ? EXIT.ok : EXIT['machine-unfit']);
    });
}

/** Where a fleet is named, its workers rehearse: what this machine could do is not asked. */
async function examined(options: Options, context: Context): Promise<readonly (Check | FleetCheck)[]> {
  const fleet = await inFleet(options, context);
  if (fleet === undefined) {
    const { examineMachine } = await import('../embedded/machine.ts');
    return examineMachine(stateDirectory(options.state, context.env));
  }
  refuseHere({ '--state': options.state });
  const { examineFleet } = await import('../fleet/doctor.ts');
  return examineFleet(fleet.client);
}
