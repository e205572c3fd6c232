import { DrylaneError } from '@drylane/proto/errors';
import type { RunState } from '@drylane/proto/lifecycle';

const AGAIN = 'rehearse the command again';

const ENDED: Readonly<Record<RunState, readonly [message: string, mend: string]>> = {
  submitted: ['has not been rehearsed yet', 'wait until its rehearsal has ended'],
  'awaiting-rehearsal-approval': ['waits for a person before it is rehearsed', 'let it be rehearsed first'],
  rehearsing: ['is still being rehearsed', 'try again when that has ended'],
  'awaiting-live-approval': ['waits for a person', 'in a terminal: drylane approve RUN'],
  promotable: ['needs nobody to agree any more', 'let it land: drylane apply RUN'],
  promoting: ['is landing at this moment', 'see what comes of it; if its process died: drylane recover'],
  promoted: ['has landed already', 'nothing is left to do'],
  drifted: ['met a workspace that was changed meanwhile, and ended', AGAIN],
  diverged: [
    'ran for real, did otherwise than its rehearsal, and ended',
    'look at what it did: drylane show RUN',
  ],
  unknown: [
    'began to land, and nobody knows how that ended',
    'look at the workspace yourself: drylane show RUN',
  ],
  refused: ['was refused by policy', 'see why: drylane receipt RUN'],
  blocked: ['is blocked', 'change the command or its intent, and rehearse again'],
  inconclusive: ['could not be judged', 'see why: drylane show RUN; then rehearse again'],
  rejected: ['was rejected', AGAIN],
  expired: ['has expired', AGAIN],
  cancelled: ['was cancelled', AGAIN],
};

/** The refusal of a run that, in the state it is in, cannot land or be decided on: why, and what to do instead. */
export function notNow({ id, state }: { readonly id: string; readonly state: RunState }): DrylaneError {
  const [message, mend] = ENDED[state];
  return new DrylaneError('not-promotable', { field: id, message, mend: mend.replace('RUN', id) });
}
