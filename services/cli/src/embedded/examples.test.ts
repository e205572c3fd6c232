import { type LoadedPolicy, loadPolicy, PRESETS } from '@drylane/dispatcher/admit/load';
import { parsePolicy } from '@drylane/dispatcher/admit/policy';
import { BUILT_IN_RULES } from '@drylane/proto/built-in';
import { digestOfJson } from '@drylane/proto/digest';
import { Evidence } from '@drylane/proto/evidence';
import { EvidenceSketch } from '@drylane/proto/policy-test';
import { describe, expect, it } from 'vitest';
import { tryExamples } from './examples.ts';
import { evidenceOf } from './sketch.ts';

async function loaded(text: string): Promise<LoadedPolicy> {
  const parsed = await parsePolicy(Buffer.from(`version: 1\n${text}`), 'p.yaml');
  return { ...parsed, digest: digestOfJson(parsed.policy), shipped: false };
}

const example = (fields: string): string =>
  `tests: [{ name: e, envelope: { command: "ls", intent: { mode: read-only } }, ${fields} }]`;

describe.each(PRESETS)('the policy %s, as it comes with drylane', (name) => {
  it('comes to what its examples say', async () => {
    const tried = tryExamples(await loadPolicy(name));
    expect(tried.length).toBeGreaterThan(3);
    for (const { name: example, differences } of tried) expect(differences, example).toEqual([]);
  });

  it('has an example in which each of its rules speaks, and each severity that it raises', async () => {
    const policy = await loadPolicy(name);
    const spoke = tryExamples(policy).flatMap(({ findings }) => findings.map(({ rule }) => rule));
    for (const { name: rule } of policy.policy.rules) expect(spoke).toContain(rule);
    for (const rule of Object.keys(policy.policy.severities))
      expect(Object.keys(BUILT_IN_RULES)).toContain(rule);
  });
});

describe('an example', () => {
  it('that comes to something else says in what', async () => {
    const text = example(
      'expect: promote, rules: [surprise-path], asks: [rehearsal], evidence: { exit_code: 3 }',
    );
    expect(tryExamples(await loaded(text))).toMatchObject([
      {
        ...{ expected: 'promote', got: 'hold' },
        differences: [
          'comes to hold, and promote was expected',
          'surprise-path does not speak',
          'unexpected-exit speaks, too',
          'nobody is asked before rehearsal, though asks says so',
          'a person is asked before live, though asks does not say so',
        ],
      },
    ]);
  });

  it('that is not let in says why', async () => {
    const text = example('expect: refused').replace('mode: read-only', 'mode: read-only, credentials: [X]');
    expect(tryExamples(await loaded(text))).toMatchObject([
      { got: 'refused', differences: [], refusals: [{ field: 'intent.credentials.0' }] },
    ]);
  });

  it('works in a workspace that the policy allows, unless it names another', async () => {
    const roots = 'workspaces: { roots: [ /srv/a ] }';
    expect(tryExamples(await loaded(`${roots}\n${example('expect: promote')}`))[0]?.differences).toEqual([]);
    const elsewhere = example('expect: refused').replace(
      'command: "ls"',
      'command: "ls", working_dir: /srv/b',
    );
    expect(tryExamples(await loaded(`${roots}\n${elsewhere}`))[0]?.differences).toEqual([]);
  });
});

describe('the evidence of an example', () => {
  const allowed = {
    ...{ command: 'make && curl x', shell: 'bash' as const, network: ['x.example:443'] },
    ...{ expectedWrites: ['dist/'], forbiddenPaths: ['.git/'] },
  };

  it('is whole, whatever of it is left out', () => {
    const sketch = EvidenceSketch.parse({
      changes: [{ path: 'dist/a' }, { path: '.git/x', kind: 'added' }, { path: 'b\\', kind: 'deleted' }],
      ...{ outside: [{ path: '/etc/x' }], network: [{ host: 'x.example' }, { host: 'y' }], processes: [{}] },
      ...{ privileged: [{ syscall: 'mount' }], leftovers: [{}], stdout: { text: 'é' }, exit_code: 2 },
      canaries: [{ credential: 'T', where: 'stdout' }],
    });
    const evidence = Evidence.parse(evidenceOf(sketch, allowed));
    expect(evidence.changes.map(({ class: standing, before, after }) => [standing, !before, !after])).toEqual(
      [
        ['expected', false, false],
        ['forbidden', true, false],
        ['surprise', false, true],
      ],
    );
    expect(evidence.network.map(({ declared }) => declared)).toEqual([true, false]);
    expect(evidence.steps.map(({ text, exit_code }) => [text, exit_code])).toEqual([
      ['make', 0],
      ['curl x', 2],
    ]);
    expect(Evidence.parse(evidenceOf({}, allowed)).complete).toBe(true);
  });
});
