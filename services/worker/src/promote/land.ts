import type { Blobs } from '@drylane/chassis/blobs/blobs';
import type { Promotion } from '@drylane/proto/promotion';
import type { Place } from '@drylane/proto/task';
import { apply } from './apply.ts';
import type { ApplyOutcome, ApplyRequest } from './request.ts';

/** Where a change set's contents are, and where apply keeps what it needs to come back. */
interface Stores {
  readonly blobs: Pick<Blobs, 'open'>;
  readonly stateDir: string;
}

type Change = Pick<ApplyRequest, 'runId' | 'changeSet' | 'digest' | 'merge'> & { readonly place: Place };

/** Applies a change set with its contents from the blobs, and says what became of it as a promotion does. */
export async function land({ blobs, stateDir }: Stores, { place, ...change }: Change) {
  const { layer, bases } = change.changeSet;
  const outcome = await apply({
    ...{ ...change, stateDir, workspace: place.path, root: place },
    layer: () => blobs.open(layer.digest),
    bases: bases === null ? null : () => blobs.open(bases.digest),
  });
  return told(outcome);
}

function told(outcome: ApplyOutcome): Pick<Promotion, 'result'> & Partial<Omit<Promotion, 'mode'>> {
  switch (outcome.result) {
    case 'promoted':
      return { result: outcome.result, merged: [...outcome.merged] };
    case 'drifted':
      return { result: outcome.result, drifts: outcome.drifts.map((drift) => ({ ...drift })) };
    case 'unknown':
      return { result: outcome.result, conflicts: [...outcome.conflicts] };
  }
}
