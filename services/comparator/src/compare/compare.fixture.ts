import type { Envelope } from '@drylane/proto/envelope';
import type { Evidence, StepEvidence } from '@drylane/proto/evidence';
import { blankEvidence } from '@drylane/proto/evidence.fixture';
import type { Risk } from '@drylane/proto/risk';
import type { Allowance, Comparison, Strictness } from './comparison.ts';

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

/** A policy that says nothing of findings, with what a test changes. */
export function strictness(over: Partial<Strictness> = {}): Strictness {
  return { rules: [], severities: {}, ...over };
}

/** The risk of a harmless command, with what a test changes. */
export function riskOf(over: Partial<Risk> = {}): Risk {
  return {
    ...{ score: 1, level: 'low', dimensions: { write: 1, network: 0, credential: 0, blast_radius: 0 } },
    ...{ reasons: [], programs: ['sed'], opaque: false, parsed: true },
    ...over,
  };
}

const ENVELOPE: Envelope = {
  ...{ command: 'sed -i s/a/b/ blog/*.md', working_dir: '/workspace/site' },
  intent: { mode: 'mutating', expected_writes: ['blog/*.md'] },
};

/** A comparison of a mutating intent over `blog/*.md`, low risk, with what a test changes. */
export function comparison(
  observed: Partial<Evidence> = {},
  allowed: Partial<Allowance> = {},
  risk: Partial<Risk> = {},
  policy: Partial<Strictness> = {},
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
    ...{ envelope: ENVELOPE, risk: riskOf(risk), policy: strictness(policy) },
    evidence: evidence(observed),
  };
}
