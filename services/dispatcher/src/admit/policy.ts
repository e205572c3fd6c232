import { MAX_PROBLEMS, readDocumentAs } from '@drylane/proto/document';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import type { Policy } from '@drylane/proto/policy';
import { PolicyFile, type PolicyTest } from '@drylane/proto/policy-test';
import type { CompiledRule } from '@drylane/proto/rules/ask';
import type { RuleFault } from '@drylane/proto/rules/compile-rules';
import { type Inconsistency, inconsistencies } from './consistency.ts';
import { exampleNames } from './example-names.ts';

/** A policy as it is decided by, its rules ready to be asked, and the examples of its file. */
export interface ParsedPolicy {
  readonly policy: Policy;
  readonly rules: readonly CompiledRule[];
  readonly tests: readonly PolicyTest[];
}

/**
 * Reads a policy and checks it against itself.
 * @throws DrylaneError 'bad-policy' with every problem, each as `file:line:column field` with the mend; one in a rule's
 * expression with its line, and a caret under the place.
 */
export async function parsePolicy(source: Uint8Array, fileName: string): Promise<ParsedPolicy> {
  const { value, where } = readDocumentAs(PolicyFile, source, { name: fileName, code: 'bad-policy' });
  const { tests, ...policy } = value;
  const compiled = await compiledRules(policy);
  const problems = [
    ...[...inconsistencies(policy), ...exampleNames(value)].map((found) =>
      problemOf(found, where(found.path)),
    ),
    ...compiled.faults.map((fault) => ruleProblem(fault, where(['rules', fault.index, 'when'], fault.at))),
  ];
  if (problems.length > 0) throw new DrylaneError('bad-policy', problems.slice(0, MAX_PROBLEMS));
  return { policy, rules: compiled.rules, tests };
}

interface Compiled {
  readonly rules: readonly CompiledRule[];
  readonly faults: readonly RuleFault[];
}

/** Few policies of one machine have rules, and what reads expressions takes longer to load than the command line. */
async function compiledRules({ rules }: Policy): Promise<Compiled> {
  if (rules.length === 0) return { rules: [], faults: [] };
  const { compileRules } = await import('@drylane/proto/rules/compile-rules');
  const result = compileRules(rules);
  return result.ok ? { rules: result.compiled, faults: [] } : { rules: [], faults: result.faults };
}

function problemOf({ message, mend }: Inconsistency, field: string): Problem {
  return { field, message, mend };
}

function ruleProblem({ message, mend, excerpt }: RuleFault, field: string): Problem {
  return { field, message: `${message}\n${excerpt}`, mend };
}
