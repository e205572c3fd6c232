import type { Severity } from './decision.ts';

/** The rules that hold whatever a policy says, with the least that each of their findings weighs. */
export const BUILT_IN_RULES = {
  'forbidden-path': 'block',
  'surprise-path': 'block',
  'write-in-read-only': 'block',
  'outside-workspace': 'block',
  unpromotable: 'block',
  'undeclared-network': 'block',
  'canary-leak': 'block',
  'privileged-attempt': 'block',
  'opaque-high-risk': 'block',
  'evidence-incomplete': 'block',
  'stripped-capability': 'hold',
  'sandbox-caused-failure': 'inconclusive',
  'resource-limit': 'inconclusive',
  'unexpected-exit': 'hold',
  'leftover-process': 'hold',
  'expected-write-missing': 'note',
  'dry-run-flag': 'note',
} as const satisfies Record<string, Severity>;

export type BuiltInRule = keyof typeof BUILT_IN_RULES;

/** Whether a rule is one of ours, rather than an operator's. */
export function isBuiltIn(name: string): name is BuiltInRule {
  return Object.hasOwn(BUILT_IN_RULES, name);
}

const RANK: Readonly<Record<Severity, number>> = { note: 0, hold: 1, inconclusive: 2, block: 3 };

/** The worse of two severities. */
export function worseOf(a: Severity, b: Severity): Severity {
  return RANK[a] >= RANK[b] ? a : b;
}
