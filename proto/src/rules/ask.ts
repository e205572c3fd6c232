import type { PolicyRule } from '../policy.ts';
import type { Run } from './code.ts';
import type { Compiled } from './compile.ts';
import { looksInside, passingOver } from './directories.ts';
import { type Facts, factsOf } from './facts.ts';
import { Failure } from './fault.ts';
import { Exhausted, type Meter } from './meter.ts';

/** A rule of a policy, ready to be asked. */
export interface CompiledRule extends Compiled {
  readonly rule: PolicyRule;
}

/** A change that makes a rule true. */
export interface Because {
  readonly path: string;
  readonly step: number | null;
}

/** What a rule says of a run. `undecided`: it could not be evaluated, so nobody knows. */
export type Answer =
  | { readonly rule: PolicyRule; readonly says: boolean; readonly because: readonly Because[] }
  | { readonly rule: PolicyRule; readonly undecided: string };

/** The most changes that one rule names. */
const MAX_NAMED = 1000;

/** The work that one rule may do: less than a second. For `matches` over 100,000 paths of 60 characters it suffices. */
export const UNITS_PER_RULE = 60_000_000;
/**
 * And all rules of a policy together: about three seconds, in which a comparator answers nothing else, and twice that for a
 * command that ran for real. Its lock on the work has to outlast that.
 */
export const UNITS_PER_POLICY = 250_000_000;

const UNSEEN = 'a directory came or went whole, and no rule asks how many entries a change stands for';

/** Asks every rule. Whatever stands in the facts, it ends, and nothing is thrown. */
export function askRules(rules: readonly CompiledRule[], facts: Facts): readonly Answer[] {
  const view = factsOf(facts);
  let left = UNITS_PER_POLICY;
  const policy = rules.map(({ rule }) => rule);
  const blind = passingOver(policy) !== undefined && facts.evidence.changes.some((c) => c.entries > 1);
  return rules.map((compiled): Answer => {
    const { rule } = compiled;
    const meter: Meter = { left: Math.min(left, UNITS_PER_RULE) };
    const granted = meter.left;
    try {
      const run: Run = { facts: view, items: [], meter };
      const says = compiled.holds(run);
      if (!says && blind && looksInside(rule)) return { rule, undecided: UNSEEN };
      return { rule, says, because: says ? becauseOf(compiled, run) : [] };
    } catch (cause) {
      return { rule, undecided: reasonOf(cause) };
    } finally {
      left -= granted - Math.max(0, meter.left);
    }
  });
}

/** Nothing hangs on it: where there is no work left to find them, none are named. */
function becauseOf({ because }: Compiled, run: Run): readonly Because[] {
  try {
    const changes = because.flatMap(
      (pick) => pick(run) as readonly (Pick<Because, 'path'> & Partial<Because>)[],
    );
    const named = new Map(
      changes.slice(0, MAX_NAMED).map(({ path, step }) => [path, { path, step: step ?? null }]),
    );
    return [...named.values()];
  } catch {
    return [];
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Exhausted) return 'it takes more work than a rule may do';
  return cause instanceof Failure ? cause.message : 'its evaluation broke';
}
