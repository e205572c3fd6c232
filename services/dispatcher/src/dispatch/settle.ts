import { inSpan } from '@drylane/chassis/tracing/tracing';
import type { Before, Json, Job as QueuedJob, Work } from '@drylane/chassis/transport/transport';
import { DrylaneError } from '@drylane/proto/errors';
import type { RunId } from '@drylane/proto/ids';
import { NOTHING_TOLD, type Promotion } from '@drylane/proto/promotion';
import { Compared, Job, Landed, type RehearsalTask } from '@drylane/proto/task';
import { giveBack, settleClaim } from '../desk/claim.ts';
import type { Desk } from '../desk/desk.ts';
import { openDossier } from '../desk/dossier.ts';
import { end, NOTHING_KNOWN } from '../desk/ending.ts';
import { recall } from '../desk/record.ts';
import { settleRehearsal } from '../desk/rehearsed.ts';
import type { Run } from '../ledger/event.ts';
import type { Fleet } from './fleet.ts';
import { promotionId } from './flows.ts';

/** With the pauses between, more than a minute and a half: live workers tell of their claims every half a minute. */
const SILENCES = 16;

/** Records what workers and comparators answered. Done again, it changes nothing. */
export function settleWork(fleet: Fleet): Work {
  return async (queued): Promise<Json> => {
    const { data, attempt, trace } = queued;
    const job = Job.parse(data);
    const facts = { run: job.run, stage: 'settle', lane: job.lane, queue: 'settle', attempt };
    await inSpan('settle', facts, () => settle(fleet, job, queued), { from: trace ?? {}, kind: 'consumer' });
    return null;
  };
}

async function settle(fleet: Fleet, { run, lane, task }: Job, queued: QueuedJob): Promise<void> {
  const { before } = queued;
  const isNew = await settled(() =>
    lane === 'rehearsal'
      ? settleRehearsed(fleet, { run, task, before })
      : settleLive(fleet.desk, run, queued),
  );
  if (isNew) fleet.told((await fleet.desk.ledger.readRun(run)).run, lane);
  fleet.bell.ring(run);
  fleet.nudge();
}

/** Where the run is no longer what the answer is of, somebody has settled it already. */
async function settled(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof DrylaneError && fault.code === 'illegal-transition') return false;
    throw fault;
  }
}

interface RehearsedFacts extends Pick<Job, 'run' | 'task'> {
  readonly before: Before;
}

async function settleRehearsed({ desk }: Fleet, { run: id, task: asked, before }: RehearsedFacts) {
  const { run } = await desk.ledger.readRun(id);
  if (run.state !== 'rehearsing') return false;
  // What was to be done stands in the ledger: the queue may hold what somebody else put there.
  if (run.task_digest !== asked) {
    await end(desk, id, [{ type: 'moved', to: 'inconclusive', reason: UNFIT }], NOTHING_KNOWN);
    return true;
  }
  const task = await recall(desk.blobs, 'task', asked);
  const answer = readAnswer(before);
  const known = { ...NOTHING_KNOWN, intent: task.envelope.intent, risk: task.risk };
  const fail = (reason: string) => end(desk, id, [{ type: 'moved', to: 'inconclusive', reason }], known);
  if (!answer.ok) {
    await fail(answer.reason);
    return true;
  }
  try {
    await record(desk, run, task, answer);
  } catch (fault) {
    // What cannot be reached is asked for again; an answer that makes no sense will make none the next time.
    if (fault instanceof DrylaneError ? fault.code !== 'internal' : isOfSystem(fault)) throw fault;
    await fail(UNFIT);
  }
  return true;
}

const UNFIT = 'what its worker or comparator answered does not fit the run';

/** Whether the machine could not do it, as on a full disk: that says nothing of the answer. */
const isOfSystem = (fault: unknown): boolean => fault instanceof Error && 'syscall' in fault;

type Answer = Extract<Compared, { ok: true }>;

async function record(desk: Desk, run: Run, task: RehearsalTask, { rehearsed, decision }: Answer) {
  const fits =
    decision.policy_digest === run.policy_digest &&
    decision.evidence_digest === rehearsed.evidence &&
    decision.change_set_digest === rehearsed.change_set &&
    (rehearsed.patch === null || (rehearsed.change_set !== null && rehearsed.commit !== null)) &&
    (rehearsed.commit !== null) === 'git' in task.source;
  if (!fits) throw new TypeError('the decision is of something else');
  const [evidence, policy] = await Promise.all([
    recall(desk.blobs, 'evidence', rehearsed.evidence),
    recall(desk.blobs, 'policy', run.policy_digest),
  ]);
  await settleRehearsal(desk, policy, {
    ...{ id: task.run, submitter: run.submitter ?? '', envelope: task.envelope, risk: task.risk },
    ...{ evidence, decision, place: rehearsed.place, promotion: task.promotion },
    envelopeDigest: run.envelope_digest,
    forbidden: task.allowed.forbidden_paths,
    patches: rehearsed.patches,
    rawOutput: rehearsed.raw_output,
    git: rehearsed.commit === null ? null : { commit: rehearsed.commit, patch: rehearsed.patch },
  });
}

function readAnswer(before: Before): Compared {
  if (before === null) return { ok: false, reason: 'nobody answered' };
  if (!before.ok) return { ok: false, reason: before.reason };
  const answer = Compared.safeParse(before.value);
  return answer.success
    ? answer.data
    : { ok: false, reason: 'its comparator answered what nobody understands' };
}

/** Records what a live worker answered; one that says nothing is waited for, as it may still tell after a restart. */
async function settleLive(desk: Desk, id: RunId, job: QueuedJob): Promise<boolean> {
  const { before } = job;
  const answer = before?.ok === true ? Landed.safeParse(before.value) : undefined;
  return answer?.success === true ? settleLanded(desk, id, answer.data) : settleSilence(desk, id, job);
}

/**
 * Records what became of a claim, as its owner says; false where the run is left as it is, or goes back.
 * @throws DrylaneError `illegal-transition` where it is not its claim, or is settled already.
 */
export async function settleLanded(desk: Desk, id: RunId, landed: Landed): Promise<boolean> {
  const dossier = await openDossier(desk, id);
  const { run } = dossier;
  const { owner } = landed;
  // It has touched nothing, and claimed nothing that was heard: the run stands where it stood.
  if (landed.result === 'untouched' && (run.state !== 'promoting' || run.owner !== owner)) return false;
  if (landed.result === 'ended') await settleClaim(desk, dossier, landed.promotion, owner);
  else await giveBack(desk, id, { mode: run.promotion_mode ?? 'apply', owner });
  return landed.result === 'ended';
}

/**
 * Of a command that was to run for real, its worker alone can say more: it may have been too slow for the queue, or never
 * have begun. So it is waited for a while; then nobody knows. Files are brought back or forward by their journal.
 */
async function settleSilence(desk: Desk, id: RunId, { flow, attempt }: QueuedJob): Promise<boolean> {
  const dossier = await openDossier(desk, id);
  const { state, promotion_mode: mode, owner } = dossier.run;
  if (state !== 'promoting' || mode !== 'rerun' || !(await isOfFlow(desk, id, flow))) return false;
  if (attempt < SILENCES) throw new TypeError('its worker may still say what became of it');
  const unknown: Promotion = { ...NOTHING_TOLD, mode, result: 'unknown' };
  await settleClaim(desk, dossier, unknown, owner);
  return true;
}

/** Whether the claim of a run came of this flow: one that was given back may have been claimed through the next. */
async function isOfFlow({ ledger }: Desk, id: RunId, flow: string): Promise<boolean> {
  const { run, events } = await ledger.readRun(id);
  const claim = events.findLastIndex(({ event }) => event.type === 'claimed');
  const before = events[claim - 1];
  return before !== undefined && promotionId({ ...run, updated_ms: before.time_ms }) === flow;
}
