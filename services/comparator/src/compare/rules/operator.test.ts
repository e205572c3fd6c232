import type { Finding } from '@drylane/proto/decision';
import type { PolicyRule } from '@drylane/proto/policy';
import { compileRules } from '@drylane/proto/rules/compile-rules';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../decide/decide.ts';
import { attempt, change, comparison } from '../compare.fixture.ts';
import { compare } from '../compare.ts';
import { RULE_NAMES } from './table.ts';

const rule = (when: string, over: Partial<PolicyRule> = {}): PolicyRule => ({
  ...{ name: 'own-rule', when, severity: 'hold', message: 'somebody must look' },
  ...over,
});

function compiled(...rules: readonly PolicyRule[]) {
  const result = compileRules(rules);
  if (!result.ok) throw new TypeError(JSON.stringify(result.faults));
  return { rules: result.compiled };
}

const own = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter((finding) => finding.rule === 'own-rule');
const wrote = { changes: [change('blog/a.md')] };

describe("an operator's rule", () => {
  it('speaks under its own name with its severity and message where it is true, and not where it is false', () => {
    const policy = compiled(rule('evidence.changes.exists(c, c.path == "blog/a.md")'));
    expect(compare(comparison(wrote, {}, {}, policy))).toEqual([
      { rule: 'own-rule', severity: 'hold', message: 'somebody must look', paths: ['blog/a.md'], step: 0 },
    ]);
    expect(own(compare(comparison({}, {}, {}, policy)))).toEqual([]);
  });

  it.each([
    ['block', 'block'],
    ['hold', 'hold'],
    ['note', 'hold'],
  ] as const)('that cannot be decided and would %s makes the run %s', (severity, verdict) => {
    const policy = compiled(rule('evidence.changes.exists(c, c.before.size > 3)', { severity }));
    const findings = compare(comparison(wrote, {}, {}, policy));
    expect(findings).toMatchObject([
      { rule: 'own-rule', message: expect.stringMatching(/c\.before is not there/) },
    ]);
    const digest = `sha256:${'0'.repeat(64)}` as const;
    const grounds = { policyDigest: digest, evidenceDigest: digest, changeSetDigest: null };
    expect(decide(findings, grounds).verdict).toBe(verdict);
  });

  it('that takes more work than it may is held in a moment, over however many hostile changes', () => {
    const changes = Array.from({ length: 3_000 }, (_, at) => change(`blog/${at}.md`));
    const nested = 'evidence.changes.exists(c, evidence.changes.exists(d, d.path == c.path + "x"))';
    const given = comparison(
      { changes },
      { expectedWrites: [] },
      {},
      compiled(rule(nested, { severity: 'note' })),
    );
    expect(own(compare(given))).toMatchObject([
      { severity: 'hold', message: expect.stringMatching(/more work than a rule may do/) },
    ]);
  });

  it('never takes a finding away or makes one less, whatever it says and whatever was observed', () => {
    const observed = fc.record({
      changes: fc.array(
        fc.record({
          path: fc.string(),
          class: fc.constantFrom('expected', 'surprise', 'forbidden'),
        } as const),
        { maxLength: 3 },
      ),
      network: fc.array(fc.record({ declared: fc.boolean() }), { maxLength: 2 }),
      complete: fc.boolean(),
      exit_code: fc.constantFrom(0, 1, null),
    });
    const said = compiled(
      rule('true', { name: 'always', severity: 'note' }),
      rule('evidence.exit_code > 0', { name: 'exit' }),
      rule('evidence.changes.all(c, c.path.size() > 3 && c.before.size == 0)', { name: 'sizes' }),
    );
    const severities = Object.fromEntries(RULE_NAMES.map((name) => [name, 'note' as const]));
    fc.assert(
      fc.property(observed, ({ changes, network, ...more }) => {
        const seen = {
          ...more,
          changes: changes.map(({ path, ...of }) => change(path.replaceAll('\\', '/'), of)),
          network: network.map((of) => attempt(of)),
        };
        const without = compare(comparison(seen));
        expect(compare(comparison(seen, {}, {}, { ...said, severities })).slice(0, without.length)).toEqual(
          without,
        );
      }),
      { numRuns: 200 },
    );
  });
});
