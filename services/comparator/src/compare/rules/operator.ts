import { worseOf } from '@drylane/proto/built-in';
import type { Finding } from '@drylane/proto/decision';
import { type Answer, askRules } from '@drylane/proto/rules/ask';
import type { Comparison } from '../comparison.ts';
import { oneStep, shown } from '../say.ts';

/**
 * What the operator's own rules say, each with at most one finding under its own name. A rule that could not be decided
 * speaks, too, and holds the run at least: what nobody knows is not promoted.
 */
export function operatorFindings({ policy, envelope, risk, evidence }: Comparison): readonly Finding[] {
  if (policy.rules.length === 0) return [];
  return askRules(policy.rules, { envelope, risk, evidence }).flatMap(findingOf);
}

function findingOf(answer: Answer): readonly Finding[] {
  const { name, severity, message } = answer.rule;
  const { because } = answer;
  const said = { rule: name, paths: because.map(({ path }) => path), step: oneStep(because) };
  if ('undecided' in answer)
    return [
      {
        ...said,
        severity: worseOf(severity, 'hold'),
        message: `nobody knows whether ${shown(message)}: the rule could not be decided, as ${answer.undecided}`,
      },
    ];
  return answer.says ? [{ ...said, severity, message }] : [];
}
