import { type Finding, SEVERITIES, type VERDICTS } from '@drylane/proto/decision';
import { digestOf } from '@drylane/proto/digest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULE_NAMES, RULES } from '../compare/rules/table.ts';
import { decide } from './decide.ts';

const grounds = {
  policyDigest: digestOf('policy'),
  evidenceDigest: digestOf('evidence'),
  changeSetDigest: null,
};

const finding = (rule: string, severity: Finding['severity']): Finding => ({
  rule,
  severity,
  message: rule,
  paths: [],
  step: null,
});

const anyFinding = fc
  .tuple(fc.constantFrom(...RULE_NAMES, 'lockfile-needs-eyes'), fc.constantFrom(...SEVERITIES))
  .map(([rule, severity]) => finding(rule, severity));

const WORSE = [
  'promote',
  'hold',
  'inconclusive',
  'block',
] as const satisfies readonly (typeof VERDICTS)[number][];
const verdict = (findings: readonly Finding[]) => decide(findings, grounds).verdict;

describe('decide', () => {
  it('promotes when nothing was found, or only notes', () => {
    expect(verdict([])).toBe('promote');
    expect(verdict([finding('dry-run-flag', 'note')])).toBe('promote');
  });

  it.each(RULE_NAMES)('gives %s alone the verdict of its severity', (name) => {
    const { severity } = RULES[name];
    expect(verdict([finding(name, severity)])).toBe(severity === 'note' ? 'promote' : severity);
  });

  it('blocks what touched a forbidden path even if a limit was hit', () => {
    expect(verdict([finding('resource-limit', 'inconclusive'), finding('forbidden-path', 'block')])).toBe(
      'block',
    );
  });

  it('asks nobody to approve what the rehearsal did not get to see', () => {
    expect(verdict([finding('unexpected-exit', 'hold'), finding('resource-limit', 'inconclusive')])).toBe(
      'inconclusive',
    );
  });

  it('never promotes incomplete evidence, whatever severity it is handed', () => {
    expect(verdict([finding('evidence-incomplete', 'note')])).toBe('block');
  });

  it('lets a built-in severity be raised and never lowered', () => {
    fc.assert(
      fc.property(anyFinding, (given) => {
        const [settled] = decide([given], grounds).findings;
        expect(WORSE.indexOf(verdict([given]))).toBeGreaterThanOrEqual(
          given.severity === 'note' ? 0 : WORSE.indexOf(given.severity),
        );
        if (settled?.severity !== given.severity) expect(WORSE.indexOf(verdict([given]))).toBeGreaterThan(0);
      }),
    );
    expect(verdict([finding('expected-write-missing', 'block')])).toBe('block');
    expect(verdict([finding('surprise-path', 'note')])).toBe('block');
  });

  it('never becomes milder by one finding more', () => {
    fc.assert(
      fc.property(fc.array(anyFinding), anyFinding, (findings, more) => {
        const before = WORSE.indexOf(verdict(findings));
        expect(WORSE.indexOf(verdict([...findings, more]))).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('does not depend on the order of findings', () => {
    fc.assert(
      fc.property(fc.array(anyFinding), (findings) => {
        expect(verdict([...findings].reverse())).toBe(verdict(findings));
      }),
    );
  });

  it('shows forbidden paths first, then surprises, then the rest as they came, and loses none', () => {
    fc.assert(
      fc.property(fc.array(anyFinding), (findings) => {
        const rules = decide(findings, grounds).findings.map(({ rule }) => rule);
        const of = (name: string) => findings.map(({ rule }) => rule).filter((rule) => rule === name);
        const rest = findings
          .map(({ rule }) => rule)
          .filter((r) => r !== 'forbidden-path' && r !== 'surprise-path');
        expect(rules).toEqual([...of('forbidden-path'), ...of('surprise-path'), ...rest]);
      }),
    );
  });

  it('names what it rests on', () => {
    expect(decide([], grounds)).toEqual({
      verdict: 'promote',
      findings: [],
      policy_digest: grounds.policyDigest,
      evidence_digest: grounds.evidenceDigest,
      change_set_digest: null,
    });
  });
});
