import { bindingOf, type PromotionMode } from '@drylane/proto/approval';
import type { Digest } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import type { PromotionTask } from '@drylane/proto/task';
import { openDossier } from '../desk/dossier.ts';
import { keep } from '../desk/record.ts';
import type { Run } from '../ledger/event.ts';
import type { Fleet } from './fleet.ts';

/** A run that can land, and the task that says how. */
export interface Landable {
  readonly mode: PromotionMode;
  readonly task: Digest;
}

const SOONEST_AGAIN_MS = 1_000;
const LATEST_AGAIN_MS = 600_000;

/**
 * From when on a promotable run may be handed to a worker, in milliseconds since 1970. One that was given back waits for a
 * tenth of its age: a disk that is full may have room soon, or never, and each attempt is in the ledger for ever.
 */
export function landsFrom({ claimant, created_ms, updated_ms }: Run): number {
  if (claimant === null) return updated_ms;
  const pauseMs = (updated_ms - created_ms) / 10;
  return updated_ms + Math.min(Math.max(pauseMs, SOONEST_AGAIN_MS), LATEST_AGAIN_MS);
}

/**
 * What a worker of the live lane is told of a run; undefined for one that no worker can land: its envelope says so, or its
 * workspace is a snapshot or a git tree, which lands where those who sent it have it.
 */
export async function promotionTask({ desk }: Pick<Fleet, 'desk'>, run: Run): Promise<Landable | undefined> {
  const { mode, subject, judgement, policy } = await openDossier(desk, RunId.parse(run.id));
  const { task_digest: rehearsal, evidence_digest: evidence, decision_digest: judged } = run;
  if (mode === null || judgement.workspace === undefined) return undefined;
  if (rehearsal === null || evidence === null || judged === null) return undefined;
  const sources = (judgement.envelope.intent.credentials ?? []).flatMap((name) => {
    const source = policy.credentials[name]?.live?.env;
    return source === undefined ? [] : [[name, source] as const];
  });
  const task: PromotionTask = {
    ...{ run: subject.run, mode, bound: bindingOf(subject), rehearsal, evidence },
    place: judgement.workspace,
    change_set: run.change_set_digest,
    judgement: judged,
    credentials: Object.fromEntries(sources),
  };
  return { mode, task: await keep(desk.blobs, task) };
}
