import { type BuiltInRule, worseOf } from '@drylane/proto/built-in';
import type { Finding, Severity } from '@drylane/proto/decision';
import type { Comparison, Strictness } from './comparison.ts';
import { operatorFindings } from './rules/operator.ts';
import type { Facts, Rule } from './rules/rule.ts';
import { RULE_NAMES, RULES } from './rules/table.ts';
import { touchesOf } from './touches.ts';

/**
 * Holds what was observed against what was allowed. Each built-in rule answers with at most one finding, which
 * names every path it is about; findings come in the table's order: forbidden paths, surprises, then the rest, and then what
 * the rules of the policy say. These only ever add; and a severity that policy gives a built-in rule counts where it is worse.
 * Findings without `block`, `inconclusive` or `hold` among them mean that nothing stands against promotion.
 */
export function compare(comparison: Comparison): readonly Finding[] {
  const facts: Facts = { ...comparison, touches: touchesOf(comparison) };
  const builtIn = RULE_NAMES.flatMap((name): Finding[] => {
    const rule: Rule = RULES[name];
    const hit = rule.find(facts);
    if (hit === undefined) return [];
    return [
      {
        rule: name,
        severity: severityOf(name, comparison.policy),
        message: hit.message,
        paths: [...(hit.paths ?? [])],
        step: hit.step ?? null,
      },
    ];
  });
  return [...builtIn, ...operatorFindings(comparison)];
}

function severityOf(name: BuiltInRule, { severities }: Strictness): Severity {
  const { severity } = RULES[name];
  const raised = Object.hasOwn(severities, name) ? severities[name] : undefined;
  return raised === undefined ? severity : worseOf(severity, raised);
}
