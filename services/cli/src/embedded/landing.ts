import type { Dossier } from '@drylane/dispatcher/desk/dossier';
import { recall } from '@drylane/dispatcher/desk/record';
import type { Promotion } from '@drylane/proto/promotion';
import type { Place } from '@drylane/proto/task';
import { type ApplyOutcome, type ApplyRequest, apply } from '@drylane/worker/promote/apply';
import { isSameDirectory, WORKSPACE_DRIFT } from '@drylane/worker/promote/place';
import type { LocalDesk } from './desk.ts';
import type { Landing } from './promotion.ts';

const NONE = { merged: [], drifts: [], divergences: [], conflicts: [], evidence_digest: null };

/** Lands a run by applying the very change set that was rehearsed; a command that runs again lands by `rerun`. */
export function landing(desk: LocalDesk, rerun: Landing): Landing {
  return async (dossier, options, begin) => {
    if (dossier.mode === 'rerun') return rerun(dossier, options, begin);
    await begin();
    if (!(await isThere(dossier)))
      return { ...NONE, mode: 'apply', result: 'drifted', drifts: [WORKSPACE_DRIFT] };
    return applyRehearsed(desk, dossier, options.merge);
  };
}

/** Applies a run's change set; nothing is to be done where nothing changed. */
async function applyRehearsed(
  desk: LocalDesk,
  { run, judgement }: Dossier,
  merge: boolean,
): Promise<Promotion> {
  const digest = run.change_set_digest;
  if (digest === null || judgement.workspace === undefined)
    return { ...NONE, mode: 'apply', result: 'promoted' };
  const changeSet = await recall(desk.blobs, 'change set', digest);
  const outcome = await applyTo(desk, {
    runId: run.id,
    place: judgement.workspace,
    changeSet,
    digest,
    merge,
  });
  return { ...NONE, ...outcome, mode: 'apply' };
}

type Change = Pick<ApplyRequest, 'runId' | 'changeSet' | 'digest' | 'merge'> & { readonly place: Place };

async function isThere({ judgement: { workspace } }: Dossier): Promise<boolean> {
  return workspace === undefined || isSameDirectory(workspace);
}

/** Applies a change set, with its contents from the blobs. */
export async function applyTo(
  { blobs, stateDir }: LocalDesk,
  { place, ...change }: Change,
): Promise<Pick<Promotion, 'result'> & Partial<Pick<Promotion, 'merged' | 'drifts' | 'conflicts'>>> {
  const { layer, bases } = change.changeSet;
  const outcome = await apply({
    ...change,
    workspace: place.path,
    root: place,
    stateDir,
    layer: () => blobs.open(layer.digest),
    bases: bases === null ? null : () => blobs.open(bases.digest),
  });
  return readable(outcome);
}

function readable(outcome: ApplyOutcome) {
  switch (outcome.result) {
    case 'promoted':
      return { result: outcome.result, merged: [...outcome.merged] };
    case 'drifted':
      return { result: outcome.result, drifts: outcome.drifts.map((drift) => ({ ...drift })) };
    case 'unknown':
      return { result: outcome.result, conflicts: [...outcome.conflicts] };
  }
}
