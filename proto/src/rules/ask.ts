import type { PolicyRule } from '../policy.ts';
import type { Run } from './code.ts';
import type { Compiled } from './compile.ts';
import { asksOfChanges, looksInside, passingOver } from './directories.ts';
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

/** What a rule says of a run. `undecided`: it could not be evaluated, so nobody knows; it may be because of any change. */
export type Answer = { readonly rule: PolicyRule; readonly because: readonly Because[] } & (
  | { readonly says: boolean }
  | { readonly undecided: string }
);

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
  const undecided = (rule: PolicyRule, why: string): Answer => ({
    ...{ rule, undecided: why },
    because: asksOfChanges(rule) ? namesOf(facts.evidence.changes) : [],
  });
  return rules.map((compiled): Answer => {
    const { rule } = compiled;
    const meter: Meter = { left: Math.min(left, UNITS_PER_RULE) };
    const granted = meter.left;
    try {
      const run: Run = { facts: view, items: [], meter };
      const says = compiled.holds(run);
      if (!says && blind && looksInside(rule)) return undecided(rule, UNSEEN);
      return { rule, says, because: says ? becauseOf(compiled, run) : [] };
    } catch (cause) {
      return undecided(rule, reasonOf(cause));
    } finally {
      left -= granted - Math.max(0, meter.left);
    }
  });
}

/** Nothing hangs on it: where there is no work left to find them, none are named. */
function becauseOf({ because }: Compiled, run: Run): readonly Because[] {
  try {
    return namesOf(because.flatMap((pick) => pick(run) as readonly Named[]));
  } catch {
    return [];
  }
}

type Named = Pick<Because, 'path'> & Partial<Because>;

function namesOf(changes: readonly Named[]): readonly Because[] {
  const named = changes
    .slice(0, MAX_NAMED)
    .map(({ path, step }) => [path, { path, step: step ?? null }] as const);
  return [...new Map(named).values()];
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Exhausted) return 'it takes more work than a rule may do';
  return cause instanceof Failure ? cause.message : 'its evaluation broke';
}
