import type { Severity } from '@drylane/proto/decision';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attempt, change, comparison, step } from './compare.fixture.ts';
import { compare } from './compare.ts';
import type { Comparison } from './comparison.ts';
import { RULE_NAMES, RULES, type RuleName } from './rules/table.ts';

const wrote = { changes: [change('blog/a.md')] };

/** The built-in rules of the contract, in its order. */
const CONTRACT: readonly (readonly [RuleName, Severity])[] = [
  ['forbidden-path', 'block'],
  ['surprise-path', 'block'],
  ['write-in-read-only', 'block'],
  ['outside-workspace', 'block'],
  ['unpromotable', 'block'],
  ['undeclared-network', 'block'],
  ['canary-leak', 'block'],
  ['privileged-attempt', 'block'],
  ['opaque-high-risk', 'block'],
  ['evidence-incomplete', 'block'],
  ['stripped-capability', 'hold'],
  ['sandbox-caused-failure', 'inconclusive'],
  ['resource-limit', 'inconclusive'],
  ['unexpected-exit', 'hold'],
  ['leftover-process', 'hold'],
  ['expected-write-missing', 'note'],
  ['dry-run-flag', 'note'],
];

/** One comparison that makes each rule hold, and one close to it that does not. */
const CASES: Readonly<Record<RuleName, { holds: Comparison; spares: Comparison }>> = {
  'forbidden-path': {
    holds: comparison({ changes: [change('secrets/key.pem')] }),
    spares: comparison({ changes: [change('secrets.md')] }),
  },
  'surprise-path': {
    holds: comparison({ changes: [change('blog/index.html')] }),
    spares: comparison(wrote),
  },
  'write-in-read-only': {
    holds: comparison(wrote, { mode: 'read-only', expectedWrites: [] }),
    spares: comparison({}, { mode: 'read-only', expectedWrites: [] }),
  },
  'outside-workspace': {
    holds: comparison({ outside: [{ path: '/etc/hosts', kind: 'modified' }] }),
    spares: comparison(
      { outside: [{ path: '/etc/hosts', kind: 'modified' }] },
      { expectedWrites: ['/etc/hosts'] },
    ),
  },
  unpromotable: {
    holds: comparison({ unpromotable: [{ path: 'blog/pipe', why: 'it is a FIFO' }] }),
    spares: comparison(wrote),
  },
  'undeclared-network': {
    holds: comparison({ network: [attempt()] }),
    spares: comparison({ network: [attempt({ declared: true })] }, { network: ['api.github.com:443'] }),
  },
  'canary-leak': {
    holds: comparison({ canaries: [{ credential: 'T', where: 'stdout', path: null, step: 0 }] }),
    spares: comparison(),
  },
  'privileged-attempt': {
    holds: comparison({ privileged: [{ syscall: 'mount', program: 'mount', step: 0 }] }),
    spares: comparison(),
  },
  'opaque-high-risk': {
    holds: comparison({ steps: [step(0, 'x', { opaque: true })] }, {}, { level: 'high', parsed: true }),
    spares: comparison({ steps: [step(0, 'x', { opaque: true })] }, {}, { level: 'medium', parsed: true }),
  },
  'evidence-incomplete': { holds: comparison({ complete: false }), spares: comparison() },
  'stripped-capability': {
    holds: comparison({ network: [attempt({ declared: true })] }, { network: ['api.github.com'] }),
    spares: comparison({ network: [attempt()] }),
  },
  'sandbox-caused-failure': {
    holds: comparison({ exit_code: 6, network: [attempt()], steps: [step(0, 'curl', { exit_code: 6 })] }),
    spares: comparison({ exit_code: 0, network: [attempt()] }),
  },
  'resource-limit': { holds: comparison({ timed_out: true }), spares: comparison() },
  'unexpected-exit': {
    holds: comparison({ exit_code: 1 }),
    spares: comparison({ exit_code: 1 }, { expectedExit: [0, 1] }),
  },
  'leftover-process': {
    holds: comparison({ leftovers: [{ pid: 30, argv: ['sleep', '1000'] }] }),
    spares: comparison(),
  },
  'expected-write-missing': { holds: comparison(), spares: comparison(wrote) },
  'dry-run-flag': {
    holds: comparison({ steps: [step(0, 'rsync -an a/ b/')] }),
    spares: comparison({ steps: [step(0, 'rsync -a a/ b/')] }),
  },
};

const names = (given: Comparison): readonly string[] => compare(given).map(({ rule }) => rule);

describe('the table of built-in rules', () => {
  it('is the one in the contract, severities and order included', () => {
    expect(RULE_NAMES.map((name) => [name, RULES[name].severity])).toEqual(CONTRACT);
  });

  it.each(RULE_NAMES)('finds %s where it holds', (name) => {
    const found = compare(CASES[name].holds).find(({ rule }) => rule === name);
    expect(found).toMatchObject({ rule: name, severity: RULES[name].severity });
    expect(found?.message).not.toBe('');
  });

  it.each(RULE_NAMES)('spares what is close to %s and is not it', (name) => {
    expect(names(CASES[name].spares)).not.toContain(name);
  });
});

describe('compare', () => {
  it('finds nothing where everything was expected', () => {
    expect(compare(comparison(wrote))).toEqual([]);
  });

  it('finds a command that was to write and wrote nothing worth no more than a note', () => {
    expect(compare(comparison())).toMatchObject([{ rule: 'expected-write-missing', severity: 'note' }]);
  });

  it('shows findings in the order of the table, each rule once, whatever was observed', () => {
    const pick = fc.subarray([...RULE_NAMES], { minLength: 1 });
    fc.assert(
      fc.property(pick, fc.boolean(), (chosen, readOnly) => {
        const merged = Object.assign({}, ...chosen.map((name) => differing(CASES[name].holds)));
        const found = names(
          comparison(merged, readOnly ? { mode: 'read-only', expectedWrites: [] } : {}, {
            level: 'high',
            parsed: false,
          }),
        );
        expect(found).toEqual(RULE_NAMES.filter((name) => found.includes(name)));
      }),
    );
  });

  it('lets nothing pass that was killed and not wholly seen, even if every change was expected', () => {
    const kept = compare(comparison({ ...wrote, exit_code: null, signal: 'SIGKILL', complete: false }));
    expect(kept.map(({ rule }) => rule)).toEqual(['evidence-incomplete', 'unexpected-exit']);
  });
});

function differing({ evidence }: Comparison): Partial<Comparison['evidence']> {
  const quiet = comparison().evidence;
  return Object.fromEntries(
    Object.entries(evidence).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(quiet[key as keyof typeof quiet]),
    ),
  );
}
