import type { Redactor } from '@drylane/chassis/redact/redact';
import { bindingOf } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import type { Claim, Landed } from '@drylane/proto/task';
import type { Principal } from '../access/access.ts';
import { agreementOn, claimRun } from '../desk/claim.ts';
import { openDossier } from '../desk/dossier.ts';
import { expireIfDue } from '../desk/ending.ts';
import { recall } from '../desk/record.ts';
import type { Fleet } from '../dispatch/fleet.ts';
import { settleLanded } from '../dispatch/settle.ts';
import type { Service } from '../http/service.ts';
import type { Run } from '../ledger/event.ts';

type Claiming = Pick<Service, 'claim' | 'settle' | 'take' | 'tell'>;

/** How often a run may be taken: each time is in the ledger for ever, and puts off that it expires. */
const MOST_CLAIMS = 20;

/**
 * Who lets a run land: a worker that reaches its directory, or whoever has the files of its snapshot or git tree. Both
 * claim it in the same way, and say what became of it; never one what is the other's.
 */
export function claimingOf(fleet: Fleet): Claiming {
  const { desk } = fleet;
  const find = async (id: RunId): Promise<Run> => (await desk.ledger.readRun(id)).run;

  async function claim(
    { id: claimant }: Principal,
    id: RunId,
    { owner, mode, bound }: Claim,
    check: (run: Run) => Promise<void>,
  ): Promise<Run> {
    const dossier = await openDossier(desk, id);
    const { run, subject } = dossier;
    // Its first answer was lost on the way.
    if (run.state === 'promoting' && run.owner === owner && run.claimant === claimant) return run;
    await check(run);
    if (bindingOf(subject) !== bound || dossier.mode !== mode) throw otherwise(id);
    await expireIfDue(desk, dossier, Date.now());
    await agreementOn(desk, dossier);
    await claimRun(desk, dossier, { owner, mode, claimant });
    return find(id);
  }

  async function settle(who: Principal, id: RunId, landed: Landed): Promise<Run> {
    const run = await find(id);
    if (run.claimant !== who.id || run.owner !== landed.owner) throw otherwise(id);
    // Said again, because the answer was lost: it is settled already.
    const isNew = run.state === 'promoting' && (await settleLanded(desk, id, landed));
    const settled = await find(id);
    if (isNew) fleet.told(settled, 'live');
    fleet.bell.ring(id);
    fleet.nudge();
    return settled;
  }

  const isElsewhere = async ({ task_digest: digest }: Run): Promise<boolean> =>
    digest !== null && !('path' in (await recall(desk.blobs, 'task', digest)).source);

  return {
    claim: (who, id, asked) =>
      claim(who, id, asked, async (run) => {
        if (await isElsewhere(run)) throw notTheirs(id, ELSEWHERE);
      }),
    settle,
    take: (who, id, asked) =>
      claim(who, id, asked, async (run) => {
        if (!(await isElsewhere(run))) throw notTheirs(id, HERE);
        if (asked.mode !== 'apply') throw notTheirs(id, AGAIN);
        const { events } = await desk.ledger.readRun(id);
        if (events.filter(({ event }) => event.type === 'claimed').length >= MOST_CLAIMS)
          throw notTheirs(id, WORN);
      }),
    async tell(who, id, told) {
      if (!(await isElsewhere(await find(id)))) throw notTheirs(id, HERE);
      return settle(
        who,
        id,
        told.result === 'ended' ? { ...told, promotion: scrubbed(told.promotion, fleet.redactor) } : told,
      );
    },
  };
}

/** What anybody may have written, as it is kept. */
function scrubbed(promotion: Promotion, redactor: Redactor): Promotion {
  const clean = (text: string): string => redactor.text(text).text;
  return {
    ...promotion,
    merged: promotion.merged.map(clean),
    conflicts: promotion.conflicts.map(clean),
    drifts: promotion.drifts.map(({ path, expected, found }) => ({
      ...{ path: clean(path), expected: clean(expected), found: clean(found) },
    })),
  };
}

type Words = readonly [message: string, mend: string];

const ELSEWHERE: Words = [
  'its workspace is no directory of a worker',
  'leave it to whoever has the files: drylane apply',
];
const HERE: Words = [
  'its workspace is a directory of the fleet, where a worker lets it land',
  'ask for that: POST …/promote',
];
const AGAIN: Words = ['its command would have to run again', 'rehearse it on a path that the fleet reaches'];
const WORN: Words = [`was taken ${MOST_CLAIMS} times, and never landed`, 'rehearse the command again'];

const notTheirs = (field: string, [message, mend]: Words): DrylaneError =>
  new DrylaneError('not-promotable', { field, message, mend });

const otherwise = (id: RunId): DrylaneError =>
  notTheirs(id, [
    'is not what it was claimed as, or not by you',
    'look at it again: what it stands for may be another thing now',
  ]);
