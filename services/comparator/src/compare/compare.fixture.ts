import type { Evidence, StepEvidence } from '@drylane/proto/evidence';
import { blankEvidence } from '@drylane/proto/evidence.fixture';
import type { Allowance, Comparison } from './comparison.ts';

export { blankAttempt as attempt, blankChange as change } from '@drylane/proto/evidence.fixture';

/** Evidence of one step that did nothing and ended well, with what a test changes. */
export function evidence(over: Partial<Evidence> = {}): Evidence {
  return blankEvidence({ steps: [step(0, 'true')], ...over });
}

export function step(index: number, text: string, over: Partial<StepEvidence> = {}): StepEvidence {
  return {
    index,
    text,
    operator: index === 0 ? null : ';',
    ran: true,
    exit_code: 0,
    pipe_status: [0],
    duration_ms: 1,
    changes: [],
    opaque: false,
    ...over,
  };
}

/** A comparison of a mutating intent over `blog/*.md`, low risk, with what a test changes. */
export function comparison(
  observed: Partial<Evidence> = {},
  allowed: Partial<Allowance> = {},
  risk: Comparison['risk'] = { level: 'low', parsed: true },
): Comparison {
  return {
    allowance: {
      mode: 'mutating',
      expectedWrites: ['blog/*.md'],
      forbiddenPaths: ['secrets/', '/etc/passwd'],
      network: [],
      credentials: [],
      expectedExit: [0],
      ...allowed,
    },
    risk,
    evidence: evidence(observed),
  };
}
