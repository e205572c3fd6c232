import type { RunState } from '@drylane/proto/lifecycle';
import { onInterrupt } from '../interrupt.ts';
import type { RunView } from './answers.ts';
import { followRun } from './follow.ts';
import { type Fleet, progress, typed } from './open.ts';

/** Follows a run and says each of its moves on standard error. Whoever ends this process ends nothing of the run. */
export async function watch(
  fleet: Fleet,
  run: RunView,
  until: (state: RunState) => boolean,
): Promise<RunView> {
  using _interrupts = onInterrupt(async () => {
    const later = typed(`drylane show ${run.id}`, fleet.url);
    const end = typed(`drylane cancel ${run.id}`, fleet.url);
    progress(fleet, `\n${run.id} goes on in the fleet: ${later}, or ${end}`);
  });
  // Awaited, so that it is over only when that is.
  return await followRun(fleet.client, run, {
    until,
    onMove: (state) => progress(fleet, `${run.id}  ${state}`),
  });
}
