import type { Blobs } from '@drylane/chassis/blobs/blobs';
import { recallDocument } from '@drylane/chassis/blobs/documents';
import type { Digest } from '@drylane/proto/digest';
import { Policy } from '@drylane/proto/policy';
import { compileRules } from '@drylane/proto/rules/compile-rules';
import type { Strictness } from '../compare/comparison.ts';

/** What the policy of a digest has to say of findings. */
export type Strict = (policy: Digest) => Promise<Strictness>;

/** Policies change seldom; runs that were queued under the one before come out for a while. */
const KEPT = 8;

/**
 * Reads policies by their digest, and compiles the rules of each once.
 * @throws where a policy is not there or its rules cannot be compiled here: then nobody decides by it.
 */
export function strictnessKeeper(blobs: Pick<Blobs, 'get'>): Strict {
  const kept = new Map<Digest, Promise<Strictness>>();
  return (digest) => {
    const known = kept.get(digest);
    if (known !== undefined) return known;
    const made = strictnessOf(blobs, digest);
    kept.set(digest, made);
    // What could not be read is tried again by who comes next.
    made.catch(() => kept.delete(digest));
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return made;
  };
}

async function strictnessOf(blobs: Pick<Blobs, 'get'>, digest: Digest): Promise<Strictness> {
  const { rules, severities } = await recallDocument(blobs, Policy, digest);
  const result = compileRules(rules);
  if (!result.ok) throw new TypeError('a rule of the policy is not one that this comparator understands');
  return { rules: result.compiled, severities };
}
