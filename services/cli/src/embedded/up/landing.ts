import type { Logger } from '@drylane/chassis/logger/logger';
import type { Json, Job as QueuedJob, Work } from '@drylane/chassis/transport/transport';
import type { Fleet } from '@drylane/dispatcher/dispatch/fleet';
import { Job, type Landed, Weighed } from '@drylane/proto/task';
import type { LocalDesk } from '../desk.ts';
import { landing } from '../landing.ts';
import { promoteRun } from '../promotion.ts';
import type { Quarters } from '../quarters.ts';
import { recoverRuns } from '../recovery.ts';
import { rerunner } from '../rerunning.ts';
import { submitter } from '../submitter.ts';

/** What runs land by. */
export interface LandingOf {
  readonly desk: LocalDesk;
  readonly quarters: Pick<Quarters, 'sandbox'>;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

/**
 * Lets runs land as `drylane apply` does: claimed in the ledger of this state directory, with the journal there, and under
 * the same rule of whose word counts. So a killed one is brought to its end by whoever comes next, with or without an `up`.
 */
export function promotionWork(on: LandingOf, fleet: Pick<Fleet, 'told'>): Work {
  const { desk, quarters, env } = on;
  const land = landing(
    desk,
    rerunner(async () => quarters.sandbox, desk, env),
  );
  return async ({ data }: QueuedJob): Promise<Json> => {
    const { run } = Job.parse(data);
    const log = on.log.about({ run, stage: 'promote' });
    try {
      await recoverRuns(desk);
      const ended = await promoteRun(desk, run, land, { merge: false, claimant: submitter() });
      fleet.told(ended.run, 'live');
      log.info('a promotion was worked on', { result: ended.promotion.result });
    } catch (fault) {
      log.warn('a run did not land', { fault });
    }
    return SETTLED;
  };
}

/** The ledger knows already how it ended: there is nothing to weigh, to land or to settle. */
const SETTLED: Landed = { result: 'untouched', reason: 'the ledger says what became of it', owner: 'up' };

/** Where a command ran again, what {@link promotionWork} answered has gone by a comparator. */
export const landedWork: Work = async ({ before }): Promise<Json> => {
  const weighed = Weighed.parse(before?.ok === true ? before.value : undefined);
  if ('landed' in weighed) return weighed.landed;
  throw new Error('nothing here runs and leaves its landing to others');
};
