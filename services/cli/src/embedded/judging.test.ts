import { compare } from '@drylane/comparator/compare/compare';
import { attempt, change, comparison, step } from '@drylane/comparator/compare/compare.fixture';
import type { Comparison } from '@drylane/comparator/compare/comparison';
import { verdictOf } from '@drylane/comparator/decide/decide';
import type { Evidence } from '@drylane/proto/evidence';
import { RISK_LEVELS } from '@drylane/proto/risk';
import type { RehearsalTask } from '@drylane/proto/task';
import { couldLand } from '@drylane/worker/lanes/prospect';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const CLASSES = ['expected', 'surprise', 'forbidden'] as const;
const PATHS = ['blog/a.md', 'blog/b.md', 'blog', 'secrets/key', 'other', 'x/y.md'] as const;

const changed = fc
  .record({
    path: fc.constantFrom(...PATHS),
    class: fc.constantFrom(...CLASSES),
    kind: fc.constantFrom('added', 'modified', 'deleted', 'mode', 'type'),
    type: fc.constantFrom('file', 'dir', 'symlink'),
    entries: fc.constantFrom(1, 40),
  } as const)
  .map(({ path, ...more }) => change(path, more));
const tried = fc
  .record({ declared: fc.boolean(), host: fc.constantFrom('api.example.com', 'evil.example', null) })
  .map((more) => attempt(more));
const outside = fc.record({
  path: fc.constantFrom('/etc/passwd', '/opt/x', '/opt', '/var/log/y'),
  kind: fc.constantFrom('added', 'modified', 'deleted'),
} as const);
const rarely = fc.nat(9).map((n) => n === 0);

const evidence: fc.Arbitrary<Partial<Evidence>> = fc.record({
  changes: fc.array(changed, { maxLength: 3 }),
  outside: fc.array(outside, { maxLength: 2 }),
  network: fc.array(tried, { maxLength: 2 }),
  privileged: rarely.map((is) => (is ? [{ syscall: 'mount', program: 'mount', step: 0 }] : [])),
  steps: rarely.map((opaque) => [step(0, 'a'), step(1, 'b', { opaque })]),
  ...{ timed_out: rarely, oom_killed: rarely, disk_full: rarely, pids_exhausted: rarely },
  exit_code: fc.constantFrom(0, 1, null),
});
const allowed = fc.record({
  mode: fc.constantFrom('read-only', 'mutating'),
  expectedWrites: fc.subarray(['blog/*.md', 'x/**', '/opt/x', 'secrets/key']),
  network: fc.subarray(['api.example.com']),
} as const);
const risk = fc.record({ level: fc.constantFrom(...RISK_LEVELS), parsed: fc.boolean() });

/** Of the same run: whether a worker keeps its contents, and whether a comparator lets it land. */
function opinions(
  seen: Partial<Evidence>,
  allows: Partial<Comparison['allowance']>,
  of: Partial<Comparison['risk']>,
) {
  const given = comparison(seen, allows, of);
  const { mode, expectedWrites: expected_writes } = given.allowance;
  const task = { allowed: { mode, expected_writes }, risk: of } as unknown as RehearsalTask;
  const verdict = verdictOf(compare(given));
  return { keeps: couldLand(task, given.evidence), lands: verdict === 'promote' || verdict === 'hold' };
}

describe('the contents of a run in a fleet', () => {
  it('are kept wherever a comparator lets it land, whatever was observed', () => {
    fc.assert(
      fc.property(evidence, allowed, risk, (seen, allows, of) => {
        const { keeps, lands } = opinions(seen, allows, of);
        if (lands) expect(keeps).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['touched a path that was not declared', { changes: [change('other', { class: 'surprise' })] }],
    ['touched a forbidden path', { changes: [change('secrets/key', { class: 'forbidden' })] }],
    ['reached for a host that was not declared', { network: [attempt({ declared: false })] }],
    ['tried a privileged call', { privileged: [{ syscall: 'mount', program: 'mount', step: 0 }] }],
    ['changed the files of its container', { outside: [{ path: '/opt/x', kind: 'added' }] }],
    ['ran out of time', { timed_out: true }],
  ] as const)('are not kept where it %s', (_, seen) => {
    expect(opinions(seen as unknown as Partial<Evidence>, {}, { level: 'low', parsed: true })).toEqual({
      ...{ keeps: false, lands: false },
    });
  });
});
