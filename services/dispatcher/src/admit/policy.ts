import { type DocumentKind, MAX_PROBLEMS, type ReadDocument, readDocumentAs } from '@drylane/proto/document';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import { MAX_RULES, type Policy, PolicyRule } from '@drylane/proto/policy';
import { PolicyFile, type PolicyTest } from '@drylane/proto/policy-test';
import type { CompiledRule } from '@drylane/proto/rules/ask';
import type { RuleFault } from '@drylane/proto/rules/compile-rules';
import { z } from 'zod';
import { type Inconsistency, inconsistencies } from './consistency.ts';
import { exampleNames } from './example-names.ts';

/** A policy as it is decided by, its rules ready to be asked, and the examples of its file. */
export interface ParsedPolicy {
  readonly policy: Policy;
  readonly rules: readonly CompiledRule[];
  readonly tests: readonly PlacedTest[];
}

/** An example, and where it stands: `file:line:column`. */
export interface PlacedTest extends PolicyTest {
  readonly place: string;
}

/**
 * Reads a policy and checks it against itself.
 * @throws DrylaneError 'bad-policy' with every problem, each as `file:line:column field` with the mend; one in a rule's
 * expression with its line, and a caret under the place.
 */
export async function parsePolicy(source: Uint8Array, fileName: string): Promise<ParsedPolicy> {
  const { value, where, place } = await readPolicy(source, { name: fileName, code: 'bad-policy' });
  const { tests, ...policy } = value;
  const compiled = await compiledRules(policy.rules);
  const problems = [
    ...[...inconsistencies(policy), ...exampleNames(value)].map((found) =>
      problemOf(found, where(found.path)),
    ),
    ...compiled.faults.map((fault) => ruleProblem(fault, where(['rules', fault.index, 'when'], fault.at))),
  ];
  if (problems.length > 0) throw new DrylaneError('bad-policy', problems.slice(0, MAX_PROBLEMS));
  return {
    ...{ policy, rules: compiled.rules },
    tests: tests.map((test, index) => ({ ...test, place: place(['tests', index]) })),
  };
}

/** The document; where it does not fit its schema, its rules are read all the same, so that nobody mends it twice. */
async function readPolicy(source: Uint8Array, kind: DocumentKind): Promise<ReadDocument<PolicyFile>> {
  try {
    return readDocumentAs(PolicyFile, source, kind);
  } catch (cause) {
    if (!(cause instanceof DrylaneError)) throw cause;
    const more = await expressionProblems(source, kind);
    throw new DrylaneError(kind.code, [...cause.problems, ...more].slice(0, MAX_PROBLEMS), { cause });
  }
}

// What stands for an expression that is missing or is no text: nothing is wrong with it, and nobody asks it.
const RULE: PolicyRule = { name: 'rule', when: 'true', severity: 'note', message: 'rule' };
const Expression = z.looseObject({ when: PolicyRule.shape.when.catch(RULE.when) }).catch(RULE);
/** The expressions of a policy, whatever else stands in it. */
const Expressions = z.looseObject({ rules: z.array(Expression).catch([]) });

async function expressionProblems(source: Uint8Array, kind: DocumentKind): Promise<readonly Problem[]> {
  try {
    const { value, where } = readDocumentAs(Expressions, source, kind);
    // As few as a policy may have, since each takes time.
    const rules = value.rules.slice(0, MAX_RULES).map(({ when }) => ({ ...RULE, when }));
    const { faults } = await compiledRules(rules);
    return faults.map((fault) => ruleProblem(fault, where(['rules', fault.index, 'when'], fault.at)));
  } catch (fault) {
    // It is no document, which has been said.
    if (fault instanceof DrylaneError) return [];
    throw fault;
  }
}

interface Compiled {
  readonly rules: readonly CompiledRule[];
  readonly faults: readonly RuleFault[];
}

/** Few policies of one machine have rules, and what reads expressions takes longer to load than the command line. */
async function compiledRules(rules: readonly PolicyRule[]): Promise<Compiled> {
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
