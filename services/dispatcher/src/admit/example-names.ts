import { BUILT_IN_RULES } from '@drylane/proto/built-in';
import { nearest } from '@drylane/proto/fields';
import type { PolicyFile } from '@drylane/proto/policy-test';
import type { Inconsistency } from './consistency.ts';

/** What the examples of a policy call by a name that nothing has, or that two of them have. */
export function exampleNames({
  tests,
  rules,
}: Pick<PolicyFile, 'tests' | 'rules'>): readonly Inconsistency[] {
  const known = [...rules.map(({ name }) => name), ...Object.keys(BUILT_IN_RULES)];
  return tests.flatMap(({ name, rules: speaking = [] }, index): Inconsistency[] => {
    const first = tests.findIndex((test) => test.name === name);
    const twice: Inconsistency = {
      path: ['tests', index, 'name'],
      message: `is the name of example ${first + 1}, too`,
      mend: 'give the example a name of its own',
    };
    return [
      ...(first === index ? [] : [twice]),
      ...speaking.flatMap((rule, at) => unknownRule(rule, ['tests', index, 'rules', at], known)),
    ];
  });
}

function unknownRule(rule: string, path: Inconsistency['path'], known: readonly string[]): Inconsistency[] {
  if (known.includes(rule)) return [];
  const near = nearest(rule, known);
  const mend = near === undefined ? 'name a rule of this policy, or a built-in one' : `did you mean ${near}?`;
  return [{ path, message: 'is no rule of this policy, and none that is built in', mend }];
}
