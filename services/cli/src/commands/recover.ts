import type { Command } from 'commander';
import { inFleet, URL_FLAG } from '../afar.ts';
import { type Context, printJson } from '../context.ts';
import type { Recovered } from '../embedded/recovery.ts';
import { EXIT } from '../exit.ts';
import type { LandingFlags } from '../fleet/landing.ts';
import { quote } from '../shell-words.ts';
import { stateDirectory } from '../state.ts';

type Options = Pick<LandingFlags, 'url' | 'state' | 'json'>;

export function registerRecover(root: Command, context: Context, done: (status: number) => void): void {
  root
    .command('recover')
    .description('finish or undo what killed processes left half done')
    .option(...URL_FLAG)
    .option('--state <dir>', 'where runs are kept (default: XDG state directory)')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nEvery run that is started does this too. A fleet is told what became of the runs that were taken there to land\nhere, with the token that they were taken with. Exits 11 where a person has to look.\n\nExample:\n  drylane recover\n',
    )
    .action(async (options: Options) => {
      const stateDir = stateDirectory(options.state, context.env);
      const recovered = [
        ...(await recoverHere(stateDir, context)),
        ...(await recoverTaken(options, context)),
      ];
      if (options.json) printJson(context, { recovered });
      else if (recovered.length === 0) context.stdout.write('nothing was left half done\n');
      for (const { run_id, result, conflicts, reason } of options.json ? [] : recovered)
        context.stdout.write(
          `${run_id}  ${[SAYS[result], ...(reason === null ? [] : [reason]), ...conflicts.map((path) => `look at ${path}`)].join('\n  ')}\n`,
        );
      const results = new Set(recovered.map(({ result }) => result));
      done(results.has('failed') ? EXIT['machine-unfit'] : results.has('unknown') ? EXIT.hold : EXIT.ok);
    });
}

async function recoverHere(stateDir: string, context: Context): Promise<readonly Recovered[]> {
  const { openPromoter } = await import('../embedded/promoter.ts');
  await using promoter = await openPromoter(stateDir, context.env);
  return await promoter.recover();
}

/** Tells the fleet that is named; of what was taken in others, it says which those are. */
async function recoverTaken(options: Options, context: Context): Promise<readonly Told[]> {
  const stateDir = stateDirectory(options.state, context.env);
  const { leftRuns, takenRuns } = await import('../embedded/taken.ts');
  if (takenRuns(stateDir).length === 0) return [];
  const fleet = await inFleet(options, context);
  const { tellFleet, endOf } = await import('../fleet/taking.ts');
  const told = fleet === undefined ? [] : await tellFleet(fleet, stateDir);
  const known = told
    .filter(({ isTold }) => isTold)
    .map(
      ({ run, landed }): Told => ({
        ...{ run_id: run, result: endOf(landed), reason: null },
        conflicts: landed.result === 'ended' ? landed.promotion.conflicts : [],
      }),
    );
  const left = (await leftRuns(stateDir)).map(
    ({ run, fleet: base }): Told => ({
      ...{ run_id: run, result: 'failed', conflicts: [] },
      reason: `the fleet that it was taken in is not told yet: drylane recover --url ${quote(base)}, with the token of that time`,
    }),
  );
  return [...known, ...left];
}

/** What became of a run that was taken in a fleet, among those of this machine. */
type Told = Omit<Recovered, 'result'> & { readonly result: Recovered['result'] | 'drifted' };

const SAYS: Readonly<Record<Told['result'], string>> = {
  promoted: 'had landed; brought to its end',
  drifted: 'had not landed, because something had changed',
  'rolled-back': 'had not landed; everything is as it was before',
  unknown: 'is unknown: a person has to look',
  inconclusive: 'its rehearsal died',
  failed: 'could not be recovered',
};
