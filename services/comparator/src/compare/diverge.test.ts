import type { Finding } from '@drylane/proto/decision';
import type { Evidence } from '@drylane/proto/evidence';
import { compileRules } from '@drylane/proto/rules/compile-rules';
import { describe, expect, it } from 'vitest';
import { attempt, change, comparison, evidence, step } from './compare.fixture.ts';
import { compare } from './compare.ts';
import { type Divergence, diverge, type Runs } from './diverge.ts';

const HOST = { host: 'api.github.com', port: 443, declared: true } as const;
const ALLOWED = { network: ['api.github.com:443'], expectedWrites: ['**'] };

/** Three steps, each of which writes; the second is where a host is reached for, if at all. */
function run(over: Partial<Evidence> = {}, reached: readonly ReturnType<typeof attempt>[] = []): Evidence {
  return evidence({
    steps: [0, 1, 2].map((index) => step(index, `step ${index}`, { changes: [`f${index}`] })),
    changes: [0, 1, 2].map((index) => change(`f${index}`, { step: index })),
    network: [...reached],
    ...over,
  });
}

const live = (
  over: Partial<Evidence> = {},
  reached: readonly ReturnType<typeof attempt>[] = [],
): Evidence => ({
  ...run({ fidelity: { ...evidence().fidelity, network: 'allowlist' }, ...over }, reached),
});

const found = (one: Evidence): readonly Finding[] => compare(comparison({ ...one }, ALLOWED));

function rulesOf(
  before: Evidence,
  after: Evidence,
  over: Partial<Runs['allowance']> = {},
): readonly string[] {
  const allowance = { ...ALLOWED, credentials: [], ...over };
  const [rehearsal, alive] = [before, after].map((one) => ({ evidence: one, findings: found(one) }));
  if (rehearsal === undefined || alive === undefined) return [];
  return diverge({ rehearsal, live: alive, allowance }).map(({ rule }) => rule);
}

/** One way for a live run to be another, done in one of the steps: what it makes of evidence. */
const DIFFERENCES = {
  paths: (at: number) => ({
    steps: [0, 1, 2].map((i) => step(i, `step ${i}`, { changes: i === at ? [`f${i}`, `g${i}`] : [`f${i}`] })),
    changes: [...[0, 1, 2].map((i) => change(`f${i}`, { step: i })), change(`g${at}`, { step: at })],
  }),
  hosts: (at: number) => ({ network: [attempt({ ...HOST, step: at, program: 'git' })] }),
  exit: (at: number) => ({
    exit_code: at === 2 ? 1 : 0,
    steps: [0, 1, 2].map((i) =>
      step(i, `step ${i}`, { changes: [`f${i}`], ...(i === at ? { exit_code: 1, pipe_status: [1] } : {}) }),
    ),
  }),
} as const satisfies Record<string, (at: number) => Partial<Evidence>>;

/**
 * What is found of each difference in each step, where the rehearsal kept nothing from the command, and where it kept a
 * host from the second step. An exit status of the whole that intent does not expect is against intent in any case.
 */
const TABLE: Readonly<
  Record<
    keyof typeof DIFFERENCES,
    { nothing: readonly (readonly Divergence[])[]; second: readonly (readonly Divergence[])[] }
  >
> = {
  paths: {
    nothing: [['diverged-paths'], ['diverged-paths'], ['diverged-paths']],
    second: [['diverged-paths'], [], []],
  },
  hosts: {
    nothing: [['diverged-hosts'], ['diverged-hosts'], ['diverged-hosts']],
    second: [['diverged-hosts'], [], []],
  },
  exit: {
    nothing: [['diverged-exit'], ['diverged-exit'], ['diverged-intent', 'diverged-exit']],
    second: [['diverged-exit'], [], ['diverged-intent']],
  },
};

describe('a live run that differs from its rehearsal', () => {
  const cells = Object.entries(TABLE).flatMap(([what, { nothing, second }]) =>
    [0, 1, 2].flatMap((at) => [
      [what as keyof typeof DIFFERENCES, at, 'nothing', nothing[at] ?? []] as const,
      [what as keyof typeof DIFFERENCES, at, 'a host', second[at] ?? []] as const,
    ]),
  );

  it.each(cells)('in the %s of step %d, where the rehearsal kept %s from it: %j', (what, at, kept, rules) => {
    const stripped = kept === 'nothing' ? [] : [attempt({ ...HOST, step: 1 })];
    const difference = DIFFERENCES[what](at);
    const reached = [...stripped, ...('network' in difference ? difference.network : [])];
    expect(rulesOf(run({}, stripped), live({ ...difference, network: reached }))).toEqual(rules);
  });

  it('in nothing, diverges in nothing', () => {
    expect(rulesOf(run(), live())).toEqual([]);
    const reached = [attempt({ ...HOST, step: 1 })];
    expect(rulesOf(run({}, reached), live({}, reached))).toEqual([]);
  });

  it('in times, processes, outputs and contents does not diverge', () => {
    const after = live({
      duration_ms: 900,
      stdout: { text: 'now', bytes: 3, truncated: false, redactions: 0 },
      changes: [0, 1, 2].map((index) => change(`f${index}`, { step: index, additions: 7 })),
    });
    expect(rulesOf(run(), after)).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, Divergence]>([
    [
      'how a path changed',
      { changes: [0, 1, 2].map((i) => change(`f${i}`, { kind: 'added' })) },
      'diverged-paths',
    ],
    ['the container’s own files', { outside: [{ path: '/etc/hosts', kind: 'modified' }] }, 'diverged-paths'],
    [
      'how many paths are gone',
      { changes: [0, 1, 2].map((i) => change(`f${i}`, { entries: 2 })) },
      'diverged-paths',
    ],
    ['its image', { fidelity: { ...evidence().fidelity, image: 'sha256:1' } }, 'diverged-image'],
    ['its steps', { steps: [step(0, 'all of it', { opaque: true })] }, 'diverged-steps'],
    ['its end by a signal', { exit_code: 0, signal: 'SIGTERM' }, 'diverged-exit'],
  ])('in %s diverges', (_, over, rule) => {
    expect(rulesOf(run(), live(over))).toContain(rule);
  });
});

describe('a live run after a rehearsal that kept something from it', () => {
  const stripped = [attempt({ ...HOST, step: 2 })];

  it('has to do what every earlier step did, and may go on otherwise', () => {
    const cut = run({ exit_code: 6, steps: [0, 1, 2].map((i) => step(i, `step ${i}`)) }, stripped);
    const whole = live(
      { steps: [0, 1, 2].map((i) => step(i, `step ${i}`)), changes: [change('elsewhere')] },
      stripped,
    );
    expect(rulesOf(cut, whole)).toEqual([]);
    const skipped = live(
      { steps: [0, 1, 2].map((i) => step(i, `step ${i}`, i === 1 ? { ran: false, exit_code: null } : {})) },
      stripped,
    );
    expect(rulesOf(cut, skipped)).toEqual(['diverged-exit']);
  });

  it('may have pipes whose parts ended otherwise: that is a matter of who was faster', () => {
    const piped = (status: number) => ({
      steps: [0, 1, 2].map((i) => step(i, `step ${i}`, { pipe_status: [i === 1 ? status : 0, 0] })),
    });
    expect(rulesOf(run(piped(0), stripped), live(piped(141), stripped))).toEqual([]);
  });

  it('may do anything within intent where a credential was kept from it: any step can read one', () => {
    const after = live({ changes: [change('elsewhere')], steps: [0, 1, 2].map((i) => step(i, `step ${i}`)) });
    expect(rulesOf(run(), after, { credentials: ['T'] })).toEqual([]);
    const mocked = run({ fidelity: { ...evidence().fidelity, mocked_credentials: ['T'] } });
    expect(rulesOf(mocked, after)).toEqual([]);
  });

  it('counts from the first step where nobody can tell in which it was kept', () => {
    const unsure = [attempt({ ...HOST, step: null })];
    expect(rulesOf(run({}, unsure), live({ changes: [] }, unsure))).toEqual([]);
  });

  it('is not excused by a record of declared that the patterns do not bear out', () => {
    const lie = [attempt({ ...HOST, host: 'evil.example' })];
    expect(rulesOf(run({}, lie), live({ changes: [] }, lie))).toContain('diverged-paths');
  });
});

describe('a live run against intent', () => {
  const finding = (over: Partial<Finding> = {}): Finding => ({
    ...{
      rule: 'leftover-process',
      severity: 'hold',
      message: 'left 1 process running',
      paths: [],
      step: null,
    },
    ...over,
  });
  const rules = (before: readonly Finding[], after: readonly Finding[]) =>
    diverge({
      rehearsal: { evidence: run(), findings: before },
      live: { evidence: live(), findings: after },
      allowance: { ...ALLOWED, credentials: [] },
    });

  it.each(['block', 'hold', 'inconclusive'] as const)(
    'diverges by any finding of severity %s',
    (severity) => {
      expect(rules([], [finding({ severity })])).toMatchObject([
        { rule: 'diverged-intent', severity: 'block', message: 'leftover-process: left 1 process running' },
      ]);
    },
  );

  it('does not diverge by a note, nor by what only a rehearsal can be found to lack', () => {
    const rehearsals = ['stripped-capability', 'sandbox-caused-failure'].map((rule) => finding({ rule }));
    expect(rules([], [finding({ severity: 'note' }), ...rehearsals])).toEqual([]);
  });

  it('does not diverge by what was approved with the rehearsal, word by word', () => {
    expect(rules([finding()], [finding()])).toEqual([]);
    for (const other of [{ message: 'left 2' }, { paths: ['x'] }, { rule: 'unexpected-exit' }])
      expect(rules([finding(other)], [finding()])).toHaveLength(1);
    // Nobody can approve a block.
    expect(rules([finding({ severity: 'block' })], [finding({ severity: 'block' })])).toHaveLength(1);
  });

  it.each([
    ['evidence.changes.size() > 1', 'hold'],
    ['evidence.changes.filter(c, c.kind == "deleted").size() > 1', 'hold'],
    ['evidence.changes.exists(c, c.step > 3)', 'note'],
  ] as const)(
    'diverges by a rule that speaks of other changes, or cannot be decided of them: %s',
    (when, severity) => {
      const compiled = compileRules([{ name: 'own', when, severity, message: 'much changed' }]);
      const policy = { rules: compiled.ok ? compiled.compiled : [] };
      const seen = (...paths: readonly string[]) => {
        const one = run({ changes: paths.map((path) => change(path, { step: null, kind: 'deleted' })) });
        return { evidence: one, findings: compare(comparison(one, ALLOWED, {}, policy)) };
      };
      const allowance = { ...ALLOWED, credentials: ['T'] };
      const approved = seen('a', 'b');
      expect(approved.findings).toMatchObject([{ rule: 'own', severity: 'hold' }]);
      expect(diverge({ rehearsal: approved, live: seen('a', 'b'), allowance })).toEqual([]);
      expect(diverge({ rehearsal: approved, live: seen('a', 'b', 'c'), allowance })).toMatchObject([
        { rule: 'diverged-intent', severity: 'block' },
      ]);
    },
  );

  it('diverges when its evidence is not complete, its credential leaked, or it reached an undeclared host', () => {
    const leak = { canaries: [{ credential: 'T', where: 'stdout' as const, path: null, step: 0 }] };
    for (const over of [{ complete: false }, leak, { network: [attempt({ host: 'evil.example' })] }])
      expect(rulesOf(run(), live(over), { credentials: ['T'] })).toEqual(['diverged-intent']);
  });
});
