import type { Envelope } from '@drylane/proto/envelope';
import type { Evidence } from '@drylane/proto/evidence';
import type { PathPattern } from '@drylane/proto/paths';
import type { Policy } from '@drylane/proto/policy';
import type { Risk } from '@drylane/proto/risk';
import type { CompiledRule } from '@drylane/proto/rules/ask';

/** What the command was allowed once policy had its say: the side that evidence is held against. */
export interface Allowance {
  readonly mode: 'read-only' | 'mutating';
  readonly expectedWrites: readonly PathPattern[];
  /** Those of intent and those that policy adds. */
  readonly forbiddenPaths: readonly PathPattern[];
  /** `host`, `host:port`, `*.domain`, `*.domain:port`; empty means no network. */
  readonly network: readonly string[];
  /** Names of the credentials that intent asked for and policy granted. */
  readonly credentials: readonly string[];
  readonly expectedExit: readonly number[];
}

/** What a policy has to say of findings: its own rules, and which built-in ones weigh more under it. */
export interface Strictness {
  readonly rules: readonly CompiledRule[];
  readonly severities: Policy['severities'];
}

/** Everything that `compare` looks at. */
export interface Comparison {
  readonly allowance: Allowance;
  readonly policy: Strictness;
  /** As it was submitted; only rules of the policy look at it. */
  readonly envelope: Envelope;
  readonly risk: Risk;
  readonly evidence: Evidence;
}
