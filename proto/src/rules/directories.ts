import type { PolicyRule } from '../policy.ts';

type Rule = Pick<PolicyRule, 'when'>;

// What holds for a directory as one need not hold for what is in it; only kind and class are the same for all of it.
const OF_ONE = /\.\s*(path|type|binary|before|after|additions|deletions|step)\b|\bsize\s*\(/;

/** Whether a rule asks of changes. */
export function asksOfChanges({ when }: Rule): boolean {
  return /\bevidence\s*\.\s*changes\b/.test(when);
}

/** Whether a rule asks of changes what nobody knows of those that stand in a directory which is one change. */
export function looksInside({ when }: Rule): boolean {
  return asksOfChanges({ when }) && OF_ONE.test(when);
}

/** The first such rule of a policy in which no rule says what is to become of directories that are one change. */
export function passingOver<R extends Rule>(rules: readonly R[]): R | undefined {
  if (rules.some(({ when }) => /\.\s*entries\b/.test(when))) return undefined;
  return rules.find(looksInside);
}
