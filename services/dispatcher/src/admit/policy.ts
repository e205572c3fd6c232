import { parseDocumentAs } from '@drylane/proto/document';
import { DrylaneError } from '@drylane/proto/errors';
import { Policy } from '@drylane/proto/policy';
import { inconsistencies } from './consistency.ts';

/**
 * Reads a policy and checks it against itself.
 * @throws DrylaneError 'bad-policy' with every problem, each as `file:line:column field` with the mend.
 */
export function parsePolicy(source: Uint8Array, fileName: string): Policy {
  // A schema's issue has no room for a mend, so those of our own checks are put back by their message.
  const mends = new Map<string, string>();
  const schema = Policy.superRefine((policy, context) => {
    for (const { path, message, mend } of inconsistencies(policy)) {
      mends.set(message, mend);
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });
  try {
    return parseDocumentAs(schema, source, { name: fileName, code: 'bad-policy' });
  } catch (cause) {
    if (!(cause instanceof DrylaneError)) throw cause;
    const problems = cause.problems.map((p) => ({ ...p, mend: mends.get(p.message) ?? p.mend }));
    throw new DrylaneError(cause.code, problems, { cause });
  }
}
