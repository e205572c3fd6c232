import type { BUILT_IN_RULES, BuiltInRule } from '@drylane/proto/built-in';
import { dryRunFlag } from './dry-run.ts';
import {
  evidenceIncomplete,
  leftoverProcess,
  opaqueHighRisk,
  privilegedAttempt,
  resourceLimit,
  unexpectedExit,
} from './ending.ts';
import {
  expectedWriteMissing,
  forbiddenPath,
  outsideWorkspace,
  surprisePath,
  unpromotable,
  writeInReadOnly,
} from './paths.ts';
import { canaryLeak, sandboxCausedFailure, strippedCapability, undeclaredNetwork } from './reach.ts';
import type { Rule } from './rule.ts';

/** The built-in rules, in the order in which their findings are shown. */
export const RULES = {
  'forbidden-path': { severity: 'block', find: forbiddenPath },
  'surprise-path': { severity: 'block', find: surprisePath },
  'write-in-read-only': { severity: 'block', find: writeInReadOnly },
  'outside-workspace': { severity: 'block', find: outsideWorkspace },
  unpromotable: { severity: 'block', find: unpromotable },
  'undeclared-network': { severity: 'block', find: undeclaredNetwork },
  'canary-leak': { severity: 'block', find: canaryLeak },
  'privileged-attempt': { severity: 'block', find: privilegedAttempt },
  'opaque-high-risk': { severity: 'block', find: opaqueHighRisk },
  'evidence-incomplete': { severity: 'block', find: evidenceIncomplete },
  'stripped-capability': { severity: 'hold', find: strippedCapability },
  'sandbox-caused-failure': { severity: 'inconclusive', find: sandboxCausedFailure },
  'resource-limit': { severity: 'inconclusive', find: resourceLimit },
  'unexpected-exit': { severity: 'hold', find: unexpectedExit },
  'leftover-process': { severity: 'hold', find: leftoverProcess },
  'expected-write-missing': { severity: 'note', find: expectedWriteMissing },
  'dry-run-flag': { severity: 'note', find: dryRunFlag },
} as const satisfies {
  readonly [Name in BuiltInRule]: Rule & { readonly severity: (typeof BUILT_IN_RULES)[Name] };
};

export type RuleName = BuiltInRule;

/** Every built-in rule's name, in the table's order. */
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];
