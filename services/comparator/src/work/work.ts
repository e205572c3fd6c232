import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { recallDocument } from '@drylane/chassis/blobs/documents';
import type { Before, Json, Work } from '@drylane/chassis/transport/transport';
import { Evidence } from '@drylane/proto/evidence';
import { type Compared, Job, RehearsalTask, Rehearsed } from '@drylane/proto/task';
import { compare } from '../compare/compare.ts';
import { decide, verdictOf } from '../decide/decide.ts';
import { allowanceOf } from './allowance.ts';
import { strictnessKeeper } from './strictness.ts';
import { type Desk, weigh } from './weigh.ts';

/** Holds what a worker observed against what was declared, and decides. Nothing but the blobs is looked at. */
export function compareWork(blobs: Pick<Blobs, 'get'>, told: (compared: Compared) => void): Work {
  const desk: Desk = { blobs, strict: strictnessKeeper(blobs) };
  return async ({ data, before }): Promise<Json> => {
    const job = Job.parse(data);
    if (job.lane === 'live') return await weighed(desk, job, before);
    const rehearsed = readRehearsed(before);
    const compared = rehearsed.ok ? await judge(desk, job, rehearsed) : rehearsed;
    told(compared);
    return compared as Json;
  };
}

async function weighed(desk: Desk, job: Job, before: Before): Promise<Json> {
  if (before?.ok !== true) throw new Error('nobody said what the command did');
  return (await weigh(desk, job, before.value)) as Json;
}

async function judge(
  { blobs, strict }: Desk,
  { task: digest }: Job,
  rehearsed: Extract<Rehearsed, { ok: true }>,
): Promise<Compared> {
  const [task, evidence] = await Promise.all([
    recallDocument(blobs, RehearsalTask, digest),
    recallDocument(blobs, Evidence, rehearsed.evidence),
  ]);
  const { envelope, risk } = task;
  const policy = await strict(task.policy);
  const findings = compare({ allowance: allowanceOf(task.allowed), policy, envelope, risk, evidence });
  // Nobody is told where the contents of a run are that cannot land.
  const verdict = verdictOf(findings);
  const mayLand = verdict === 'promote' || verdict === 'hold';
  const changeSetDigest = mayLand ? rehearsed.change_set : null;
  const grounds = { policyDigest: task.policy, evidenceDigest: rehearsed.evidence, changeSetDigest };
  return {
    ok: true,
    rehearsed: { ...rehearsed, change_set: changeSetDigest, patch: mayLand ? rehearsed.patch : null },
    decision: decide(findings, grounds),
  };
}

function readRehearsed(before: Before): Rehearsed {
  if (before === null) return { ok: false, reason: 'nobody rehearsed it' };
  if (!before.ok) return { ok: false, reason: before.reason };
  const answer = Rehearsed.safeParse(before.value);
  return answer.success ? answer.data : { ok: false, reason: 'its worker answered what nobody understands' };
}
