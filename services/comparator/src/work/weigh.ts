import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { recallDocument } from '@drylane/chassis/blobs/documents';
import { Evidence } from '@drylane/proto/evidence';
import {
  type Job,
  Performed,
  PromotionTask,
  type Ran,
  RehearsalTask,
  type Weighed,
} from '@drylane/proto/task';
import { compare } from '../compare/compare.ts';
import { diverge } from '../compare/diverge.ts';
import { allowanceOf } from './allowance.ts';
import type { Strict } from './strictness.ts';

/** What a comparator decides with. */
export interface Desk {
  readonly blobs: Pick<Blobs, 'get'>;
  readonly strict: Strict;
}

/**
 * Holds what a command did that ran again against its rehearsal and its intent. What ended or touched nothing is handed on.
 * @throws where nobody said what it did: then nobody may say that it did no more.
 */
export async function weigh(desk: Desk, job: Job, answer: unknown): Promise<Weighed> {
  const performed = Performed.parse(answer);
  if (performed.result !== 'ran') return { landed: performed };
  return { ran: performed, divergences: await divergencesOf(desk, job, performed) };
}

async function divergencesOf({ blobs, strict }: Desk, { task: digest }: Job, ran: Ran) {
  const task = await recallDocument(blobs, PromotionTask, digest);
  const [rehearsal, before, live] = await Promise.all([
    recallDocument(blobs, RehearsalTask, task.rehearsal),
    recallDocument(blobs, Evidence, task.evidence),
    recallDocument(blobs, Evidence, ran.evidence),
  ]);
  const { risk, envelope } = rehearsal;
  const [allowance, policy] = [allowanceOf(rehearsal.allowed), await strict(rehearsal.policy)];
  const seen = (evidence: Evidence) => ({
    evidence,
    findings: compare({ allowance, policy, envelope, risk, evidence }),
  });
  return [...diverge({ rehearsal: seen(before), live: seen(live), allowance })];
}
