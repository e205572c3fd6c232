import type { PolicyRule } from '../policy.ts';
import type { Code } from './code.ts';
import { type Facts, factsOf } from './facts.ts';
import { Failure } from './fault.ts';
import { Exhausted, type Meter } from './meter.ts';

/** A rule of a policy, ready to be asked. */
export interface CompiledRule {
  readonly rule: PolicyRule;
  readonly holds: Code<boolean>;
}

/** What a rule says of a run. `undecided`: it could not be evaluated, so nobody knows. */
export type Answer =
  | { readonly rule: PolicyRule; readonly says: boolean }
  | { readonly rule: PolicyRule; readonly undecided: string };

/** The work that one rule may do: less than a second. Of 100,000 changes a comparison takes a tenth of it, `matches` most. */
export const UNITS_PER_RULE = 30_000_000;
/** And all rules of a policy together. */
export const UNITS_PER_POLICY = 100_000_000;

/** Asks every rule. Whatever stands in the facts, it ends, and nothing is thrown. */
export function askRules(rules: readonly CompiledRule[], facts: Facts): readonly Answer[] {
  const view = factsOf(facts);
  let left = UNITS_PER_POLICY;
  return rules.map(({ rule, holds }): Answer => {
    const meter: Meter = { left: Math.min(left, UNITS_PER_RULE) };
    const granted = meter.left;
    try {
      return { rule, says: holds({ facts: view, items: [], meter }) };
    } catch (cause) {
      return { rule, undecided: reasonOf(cause) };
    } finally {
      left -= granted - Math.max(0, meter.left);
    }
  });
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Exhausted) return 'it takes more work than a rule may do';
  return cause instanceof Failure ? cause.message : 'its evaluation broke';
}
