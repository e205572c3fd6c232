import { loadPolicy } from '@drylane/dispatcher/admit/load';
import { type Check, examine } from '@drylane/worker/sandbox/doctor';

export type { Check };

/** Tries what a rehearsal needs of this machine. */
export async function examineMachine(stateDir: string): Promise<Check[]> {
  const { policy } = await loadPolicy(undefined);
  return examine(stateDir, policy.images.default);
}
