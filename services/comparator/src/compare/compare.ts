import type { Finding } from '@drylane/proto/decision';
import type { Comparison } from './comparison.ts';
import type { Facts, Rule } from './rules/rule.ts';
import { RULE_NAMES, RULES } from './rules/table.ts';
import { touchesOf } from './touches.ts';

/**
 * Holds what was observed against what was allowed. Each built-in rule answers with at most one finding, which
 * names every path it is about; findings come in the table's order: forbidden paths, surprises, then the rest.
 * Findings without `block`, `inconclusive` or `hold` among them mean that nothing stands against promotion.
 */
export function compare(comparison: Comparison): readonly Finding[] {
  const facts: Facts = { ...comparison, touches: touchesOf(comparison) };
  return RULE_NAMES.flatMap((name) => {
    const rule: Rule = RULES[name];
    const hit = rule.find(facts);
    if (hit === undefined) return [];
    return [
      {
        rule: name,
        severity: rule.severity,
        message: hit.message,
        paths: [...(hit.paths ?? [])],
        step: hit.step ?? null,
      },
    ];
  });
}
