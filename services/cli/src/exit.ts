import type { Verdict } from '@drylane/proto/decision';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import type { PromotionResult } from '@drylane/proto/receipt';

/** Exit statuses of the command line, by what happened. */
export const EXIT = {
  ok: 0,
  internal: 1,
  'bad-input': 2,
  'machine-unfit': 3,
  block: 10,
  hold: 11,
  inconclusive: 12,
  drift: 13,
} as const;

/** The exit status that stands for a verdict. */
export const VERDICT_EXIT: Readonly<Record<Verdict, number>> = {
  promote: EXIT.ok,
  block: EXIT.block,
  hold: EXIT.hold,
  inconclusive: EXIT.inconclusive,
};

/** The exit status that stands for what became of a promotion. */
export const PROMOTION_EXIT: Readonly<Record<PromotionResult, number>> = {
  promoted: EXIT.ok,
  drifted: EXIT.drift,
  diverged: EXIT.hold,
  unknown: EXIT.hold,
};

/** The exit status that stands for a fault. */
export function exitOf(fault: unknown): number {
  return fault instanceof DrylaneError ? ERROR_CODES[fault.code].exit : EXIT.internal;
}
