import type { Redactor } from '@drylane/chassis/redact/redact';
import { visible } from '@drylane/chassis/redact/visible';
import { DrylaneError, type ErrorCode } from '@drylane/proto/errors';

/**
 * Whose fault it is that something does not work: the input's or its sandbox's, which would be the same again; or this
 * worker's, so that another may try.
 */
const BLAME = {
  'bad-input': 'input',
  'bad-policy': 'input',
  'not-promotable': 'input',
  'approval-needed': 'input',
  'illegal-transition': 'input',
  'sandbox-failed': 'input',
  'not-found': 'input',
  'machine-unfit': 'worker',
  unavailable: 'worker',
  internal: 'worker',
} as const satisfies Record<ErrorCode, 'input' | 'worker'>;

/** Whether somebody else could do it. */
export function isWorkersFault(fault: unknown): boolean {
  return !(fault instanceof DrylaneError) || BLAME[fault.code] === 'worker';
}

const MAX_REASON = 500;

/** Why something did not work, in words that can be sent: scrubbed, and short. Of a fault that is not ours, no word is sent. */
export function reasonFor(fault: unknown, redactor: Redactor): string {
  if (!(fault instanceof DrylaneError)) return 'something went wrong inside the worker; its log tells what';
  return visible(redactor.text(fault.message).text).slice(0, MAX_REASON).toWellFormed();
}
