import type { Evidence } from '@drylane/proto/evidence';
import type { PathPattern } from '@drylane/proto/paths';
import type { Risk } from '@drylane/proto/risk';

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

/** Everything that `compare` looks at. */
export interface Comparison {
  readonly allowance: Allowance;
  readonly risk: Pick<Risk, 'level' | 'parsed'>;
  readonly evidence: Evidence;
}
