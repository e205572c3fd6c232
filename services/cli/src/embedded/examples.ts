import { looksSecret } from '@drylane/chassis/redact/environment';
import { compare } from '@drylane/comparator/compare/compare';
import { decide } from '@drylane/comparator/decide/decide';
import { admit } from '@drylane/dispatcher/admit/admit';
import type { Admitted } from '@drylane/dispatcher/admit/admitted';
import type { LoadedPolicy } from '@drylane/dispatcher/admit/load';
import { nextAfterClassify, stateAfterDecision } from '@drylane/dispatcher/admit/next';
import { classify } from '@drylane/dispatcher/classify/classify';
import { locateFromAfar } from '@drylane/dispatcher/dispatch/place';
import type { Lane } from '@drylane/proto/approval';
import type { Finding } from '@drylane/proto/decision';
import { digestOfJson } from '@drylane/proto/digest';
import type { Envelope } from '@drylane/proto/envelope';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import type { Expected, PolicyTest } from '@drylane/proto/policy-test';
import type { Risk } from '@drylane/proto/risk';
import { strictnessOf } from './judging.ts';
import { evidenceOf } from './sketch.ts';

/** What an example run came to under its policy, and in what that is not what the policy says. */
export interface Tried {
  readonly name: string;
  /** Where it stands: `file:line:column`. */
  readonly place: string;
  readonly expected: Expected;
  readonly got: Expected;
  /** Null for what was not let in. */
  readonly risk: Pick<Risk, 'score' | 'level'> | null;
  readonly findings: readonly Finding[];
  /** Why it was not let in. */
  readonly refusals: readonly Problem[];
  readonly asks: readonly Lane[];
  /** In words; none where it came to what was expected. */
  readonly differences: readonly string[];
}

/** Takes every example of a policy through the stages that decide, the same ones that runs go through; no container is made. */
export function tryExamples(loaded: LoadedPolicy): readonly Tried[] {
  return loaded.tests.map((test) => {
    const outcome = outcomeOf(loaded, test);
    const { name, place, expect: expected } = test;
    return { name, place, expected, ...outcome, differences: differencesOf(test, outcome) };
  });
}

type Outcome = Omit<Tried, 'name' | 'place' | 'expected' | 'differences'>;

function outcomeOf(loaded: LoadedPolicy, test: PolicyTest): Outcome {
  const { policy } = loaded;
  const admitted = admitExample(loaded, test);
  if (admitted instanceof DrylaneError)
    return { got: 'refused', risk: null, findings: [], refusals: admitted.problems, asks: [] };
  const { envelope } = admitted;
  const risk = classify(admitted.command, policy.risk);
  const evidence = evidenceOf(test.evidence, admitted);
  const findings = compare({ allowance: admitted, policy: strictnessOf(loaded), envelope, risk, evidence });
  const decision = decide(findings, {
    ...{ policyDigest: loaded.digest, evidenceDigest: digestOfJson(evidence), changeSetDigest: null },
  });
  const waits = {
    rehearsal: nextAfterClassify(risk, policy) === 'awaiting-rehearsal-approval',
    live: stateAfterDecision(decision.verdict, risk, policy) === 'awaiting-live-approval',
  };
  return {
    ...{ got: decision.verdict, risk: { score: risk.score, level: risk.level }, refusals: [] },
    findings: decision.findings,
    asks: (['rehearsal', 'live'] as const).filter((lane) => waits[lane]),
  };
}

const ANYWHERE = '/workspace/example';

function admitExample({ policy }: LoadedPolicy, { envelope: given }: PolicyTest): Admitted | DrylaneError {
  const [root] = policy.workspaces?.roots ?? [];
  const envelope: Envelope = { working_dir: root ?? ANYWHERE, ...given };
  const workspaces = policy.workspaces ?? { roots: [envelope.working_dir] };
  try {
    const located = locateFromAfar(envelope, { tenant: '', workspaces });
    return admit(envelope, policy, { located, looksSecret });
  } catch (fault) {
    if (fault instanceof DrylaneError) return fault;
    throw fault;
  }
}

function differencesOf({ expect, rules, asks }: PolicyTest, outcome: Outcome): readonly string[] {
  const spoke = outcome.findings.map(({ rule }) => rule);
  return [
    ...(expect === outcome.got ? [] : [`comes to ${outcome.got}, and ${expect} was expected`]),
    ...(rules === undefined ? [] : missing(rules, spoke).map((rule) => `${rule} does not speak`)),
    ...(rules === undefined ? [] : missing(spoke, rules).map((rule) => `${rule} speaks, too`)),
    ...(asks === undefined
      ? []
      : missing(asks, outcome.asks).map((lane) => `nobody is asked before ${lane}, though asks says so`)),
    ...(asks === undefined
      ? []
      : missing(outcome.asks, asks).map(
          (lane) => `a person is asked before ${lane}, though asks does not say so`,
        )),
  ];
}

const missing = (from: readonly string[], where: readonly string[]): string[] =>
  [...new Set(from)].filter((item) => !where.includes(item));
