import type { Dossier } from '@drylane/dispatcher/desk/dossier';
import { recall } from '@drylane/dispatcher/desk/record';
import { NOTHING_TOLD, type Promotion } from '@drylane/proto/promotion';
import { land } from '@drylane/worker/promote/land';
import { isSameDirectory, WORKSPACE_DRIFT } from '@drylane/worker/promote/place';
import type { LocalDesk } from './desk.ts';
import type { Landing } from './promotion.ts';

/** Lands a run by applying the very change set that was rehearsed; a command that runs again lands by `rerun`. */
export function landing(desk: LocalDesk, rerun: Landing): Landing {
  return async (dossier, options, begin) => {
    if (dossier.mode === 'rerun') return rerun(dossier, options, begin);
    await begin();
    if (!(await isThere(dossier)))
      return { ...NOTHING_TOLD, mode: 'apply', result: 'drifted', drifts: [WORKSPACE_DRIFT] };
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
    return { ...NOTHING_TOLD, mode: 'apply', result: 'promoted' };
  const changeSet = await recall(desk.blobs, 'change set', digest);
  const change = { runId: run.id, place: judgement.workspace, changeSet, digest, merge };
  return { ...NOTHING_TOLD, ...(await land(desk, change)), mode: 'apply' };
}

async function isThere({ judgement: { workspace } }: Dossier): Promise<boolean> {
  return workspace === undefined || isSameDirectory(workspace);
}
