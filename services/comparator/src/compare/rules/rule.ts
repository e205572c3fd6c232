import type { Severity } from '@drylane/proto/decision';
import type { Comparison } from '../comparison.ts';
import type { Touch } from '../touches.ts';

/** A comparison with what every rule would otherwise work out again. */
export interface Facts extends Comparison {
  readonly touches: readonly Touch[];
}

/** That a rule holds, and what a person should know about it. */
export interface Hit {
  readonly message: string;
  readonly paths?: readonly string[];
  readonly step?: number | null;
}

/** One built-in rule: how bad it is, and whether it holds. */
export interface Rule {
  readonly severity: Severity;
  readonly find: (facts: Facts) => Hit | undefined;
}
