import { type LoadedPolicy, loadPolicy } from '@drylane/dispatcher/admit/load';
import { DrylaneError } from '@drylane/proto/errors';

/**
 * Loads a policy (undefined: the one that comes with drylane) and checks what only the worker can: whether raw output
 * can be sealed to those it names.
 * @throws DrylaneError `bad-policy`.
 */
export async function openPolicy(file: string | undefined): Promise<LoadedPolicy> {
  const loaded = await loadPolicy(file);
  const recipients = loaded.policy.evidence.raw_output?.seal_to;
  if (recipients === undefined) return loaded;
  // Here, because few policies name anybody, and the cryptography takes time to load.
  const { recipientProblems } = await import('@drylane/worker/evidence/sealed');
  const problems = await recipientProblems(recipients);
  if (problems.length === 0) return loaded;
  const placed = problems.map((problem) => ({ ...problem, field: `${file} ${problem.field}` }));
  throw new DrylaneError('bad-policy', placed);
}
