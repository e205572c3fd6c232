import { bindingOf } from '@drylane/proto/approval';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { isEnd } from '@drylane/proto/lifecycle';
import { decideRehearsal, openUnrehearsed } from '../desk/before.ts';
import { openDossier } from '../desk/dossier.ts';
import { notNow } from '../desk/ended.ts';
import { end, endRun, NOTHING_KNOWN } from '../desk/ending.ts';
import { recall } from '../desk/record.ts';
import { decideRun, type Word } from '../desk/word.ts';
import type { Fleet } from '../dispatch/fleet.ts';
import type { Word as HeardWord, Hearing, Service } from '../http/service.ts';
import type { Run } from '../ledger/event.ts';

type Landing = Pick<Service, 'decide' | 'cancel' | 'promote'>;

/** Everything of the service that moves a run on, or ends it. */
export function landingOf(fleet: Fleet): Landing {
  const { desk } = fleet;
  const find = async (id: RunId): Promise<Run> => (await desk.ledger.readRun(id)).run;
  return {
    async decide(who, id, said) {
      const heard = await hear(fleet, id, who.id, said);
      fleet.bell.ring(id);
      fleet.nudge();
      return heard;
    },
    async cancel(who, id) {
      const run = await find(id);
      if (isEnd(run.state)) throw notNow(run);
      const moved = { type: 'moved', to: 'cancelled', reason: `by ${who.id}` } as const;
      if (run.evidence_digest === null) return (await end(desk, id, [moved], NOTHING_KNOWN)).run;
      const dossier = await openDossier(desk, id);
      return (await endRun(desk, dossier, [moved], dossier)).run;
    },
    async promote(who, id) {
      const run = await find(id);
      if (run.promote === 1) return run;
      await refuseElsewhere(fleet, run);
      const asked = await desk.ledger.append(id, [{ type: 'requested', by: who.id }], Date.now());
      fleet.nudge();
      return asked;
    },
  };
}

/** Refuses what no worker can let land. @throws DrylaneError `not-promotable`. */
async function refuseElsewhere({ desk }: Fleet, { id, task_digest: digest }: Run): Promise<void> {
  const task = digest === null ? null : await recall(desk.blobs, 'task', digest);
  if (task === null || ('path' in task.source && task.promotion !== 'none')) return;
  throw new DrylaneError('not-promotable', {
    field: id,
    message:
      task.promotion === 'none'
        ? 'its envelope says promotion: none'
        : 'its workspace is no directory of a worker',
    mend:
      task.promotion === 'none'
        ? 'submit it with promotion: auto'
        : 'take its change set, and apply it where the files are',
  });
}

async function hear({ desk, redactor }: Fleet, id: RunId, who: string, said: HeardWord): Promise<Hearing> {
  const { lane, decision, bound } = said;
  const comment = said.comment === null ? null : redactor.text(said.comment).text;
  const word: Word = { decision, comment, approver: { id: who, proof: 'token' } };
  const opened = lane === 'live' ? await openDossier(desk, id) : await openUnrehearsed(desk, id);
  const now = bindingOf(opened.subject);
  if (now !== bound) return { outcome: 'changed', bound: now };
  const { state, missing } =
    'task' in opened ? await decideRehearsal(desk, opened, word) : await decideRun(desk, id, word);
  return { outcome: 'heard', state, missing };
}
