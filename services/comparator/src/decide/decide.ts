import { BUILT_IN_RULES, isBuiltIn, worseOf } from '@drylane/proto/built-in';
import type { Decision, Finding, Severity, Verdict } from '@drylane/proto/decision';
import type { Digest } from '@drylane/proto/digest';

/** What a decision rests on, by digest. */
export interface Grounds {
  readonly policyDigest: Digest;
  readonly evidenceDigest: Digest;
  /** Null where nothing changed, or nothing is kept to be promoted. */
  readonly changeSetDigest: Digest | null;
}

const VERDICT_OF: Readonly<Record<Severity, Verdict>> = {
  note: 'promote',
  hold: 'hold',
  inconclusive: 'inconclusive',
  block: 'block',
};

const FIRST = ['forbidden-path', 'surprise-path'];

/**
 * The verdict that findings give: the worst severity decides, block before inconclusive before hold, and
 * without any of those it is promote. Block comes first because what was seen stays seen: a command that
 * touched a forbidden path did so whether or not it ran out of memory afterwards. Inconclusive comes before hold
 * because a person must not be asked to approve what the rehearsal did not get to see. Evidence that is
 * incomplete is a finding of severity block, so it never promotes.
 *
 * A finding may carry a severity above its built-in rule's, never below: a lower one is put back.
 */
export function decide(findings: readonly Finding[], grounds: Grounds): Decision {
  const settled = inOrder(findings.map(atLeastBuiltIn));
  return {
    verdict: verdictOf(settled),
    findings: settled,
    policy_digest: grounds.policyDigest,
    evidence_digest: grounds.evidenceDigest,
    change_set_digest: grounds.changeSetDigest,
  };
}

/** The verdict alone, without what it rests on. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const severities = findings.map((finding) => atLeastBuiltIn(finding).severity);
  return VERDICT_OF[severities.reduce<Severity>(worseOf, 'note')];
}

function atLeastBuiltIn(finding: Finding): Finding {
  if (!isBuiltIn(finding.rule)) return finding;
  return { ...finding, severity: worseOf(finding.severity, BUILT_IN_RULES[finding.rule]) };
}

/** Forbidden paths, then surprises, then the rest as they came. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const place = ({ rule }: Finding): number => (FIRST.includes(rule) ? FIRST.indexOf(rule) : FIRST.length);
  return [...findings].sort((a, b) => place(a) - place(b));
}
