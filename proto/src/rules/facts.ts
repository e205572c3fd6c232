import { z } from 'zod';
import { Envelope } from '../envelope.ts';
import { Evidence } from '../evidence.ts';
import { Risk } from '../risk.ts';

/** What the expression of a rule may speak of. */
export const Facts = z.strictObject({ envelope: Envelope, risk: Risk, evidence: Evidence });
export type Facts = Readonly<z.infer<typeof Facts>>;

/**
 * The facts as an expression sees them: what an envelope leaves out and drylane fills in is there, and `network: none` is
 * the empty list.
 */
export function factsOf({ envelope, risk, evidence }: Facts) {
  const { intent } = envelope;
  return {
    envelope: {
      ...{ shell: 'bash', promotion: 'auto', env: {}, limits: {} },
      ...envelope,
      intent: {
        ...{ expected_writes: [], forbidden_paths: [], credentials: [], expected_exit: [0] },
        ...intent,
        network: Array.isArray(intent.network) ? intent.network : [],
      },
    },
    risk,
    evidence,
  };
}
