import { namesSecret, passwordIsPlausible, tokenIsPlausible } from './assignment.ts';
import { compileRule, secretsAt } from './match.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules.ts';

/**
 * The kind of secret that an environment entry looks like, or undefined. Judges form and name: a value of a known
 * form is one under any name, and under a password's or token's name anything is that could be one.
 */
export function looksSecret(name: string, value: string): string | undefined {
  const text = Buffer.from(`${name}=${value}`, 'utf8').toString('latin1');
  const lower = text.toLowerCase();
  const rule = RULES.find((candidate) => finds(candidate, text, lower));
  if (rule !== undefined) return rule.kind;
  const named = namesSecret(name);
  const plausible = named === 'password' ? passwordIsPlausible(value, true) : tokenIsPlausible(value);
  return named !== undefined && plausible ? 'assigned-secret' : undefined;
}

function finds(rule: Rule, text: string, lower: string): boolean {
  return rule.keywords.some((keyword) => {
    for (let at = lower.indexOf(keyword); at >= 0; at = lower.indexOf(keyword, at + 1)) {
      if (secretsAt(compileRule(rule), text, at).ranges.length > 0) return true;
    }
    return false;
  });
}
