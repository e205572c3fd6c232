import type { Finding } from '@drylane/proto/decision';
import type { Evidence } from '@drylane/proto/evidence';
import { blankAttempt, blankEvidence, blankChange as change } from '@drylane/proto/evidence.fixture';
import { Rehearsal } from '@drylane/proto/rehearsal';
import { describe, expect, it } from 'vitest';
import { evidenceBlock } from './block.ts';
import { renderBlock } from './print.ts';
import { coloursFor } from './terminal.ts';

const OUTPUT = blankEvidence().stdout;

function report(evidence: Partial<Evidence> = {}, more: Partial<Rehearsal> = {}): Rehearsal {
  return Rehearsal.parse({
    run_id: 'run_01M7XV0X1RH9HEE9T32QPNGHM8',
    task: null,
    verdict: 'promote',
    risk: {
      score: 5,
      level: 'medium',
      dimensions: { write: 5, network: 0, credential: 0, blast_radius: 0 },
      reasons: [
        {
          rule: 'in-place',
          dimension: 'write',
          points: 5,
          span: [0, 3],
          message: 'sed -i rewrites files in place',
        },
      ],
      programs: ['sed'],
      opaque: false,
      parsed: true,
    },
    findings: [],
    evidence: blankEvidence(evidence),
    change_set: null,
    receipt: null,
    ...more,
  });
}

const text = (of: Rehearsal, approval = false): string =>
  renderBlock(evidenceBlock(of, approval), coloursFor(process.stdout, { NO_COLOR: '1' }));

describe('the evidence block', () => {
  it('has the lines that people know, in their order', () => {
    const finding: Finding = {
      rule: 'surprise-path',
      severity: 'block',
      message: 'touched blog/index.html but intent only allowed blog/*.md',
      paths: ['blog/index.html'],
      step: null,
    };
    const changes = [
      change('blog/index.html', { class: 'surprise' }),
      ...Array.from({ length: 13 }, (_, i) => change(`${i}`)),
    ];
    expect(text(report({ changes }, { verdict: 'block', findings: [finding] }), true)).toBe(
      `risk score:     5 (medium)   sed -i rewrites files in place
approval:       required
sandbox:        run_01M7XV0X1RH9HEE9T32QPNGHM8 (runc, no network)
exit code:      0
files changed:  14
surprise paths: 1
blocked:        yes
verdict:        block
note:           touched blog/index.html but intent only allowed blog/*.md
`,
    );
  });

  it('never leaves out deletions, forbidden paths, changes outside, or what was cut', () => {
    const shown = text(
      report({
        changes: [
          change('secrets', { kind: 'deleted', class: 'forbidden', entries: 7 }),
          change('a', { kind: 'deleted' }),
        ],
        outside: [{ path: '/etc/passwd', kind: 'modified' }],
        stdout: { ...OUTPUT, bytes: 5_000_000, truncated: true },
      }),
    );
    expect(shown).toContain('forbidden:      7\n');
    expect(shown).toContain('deleted:        8\n');
    expect(shown).toContain('outside:        1\n');
    expect(shown).toContain('stdout:         5000000 bytes, the middle is left out\n');
  });

  it('says that a hold needs a person, whatever policy asks of other runs', () => {
    for (const asked of [true, false])
      expect(text(report({}, { verdict: 'hold' }), asked)).toContain('approval:       required (hold)\n');
    expect(text(report(), false)).toContain('approval:       not required\n');
  });

  it("names a rule of the operator's, and the first path that it speaks of", () => {
    const said = { severity: 'hold', message: 'a lockfile changed', step: null } as const;
    const own = { ...said, rule: 'lockfile', paths: ['a.lock', 'b.lock'] };
    const bare = { ...said, rule: 'other', paths: [] };
    const shown = text(report({}, { verdict: 'hold', findings: [own, bare] }));
    expect(shown).toContain('a lockfile changed (rule lockfile: a.lock and 1 more)\n');
    expect(shown).toContain('a lockfile changed (rule other)\n');
  });

  it('says how many notes it does not show, and where they are', () => {
    const finding: Finding = { rule: 'r', severity: 'note', message: 'm', paths: [], step: null };
    const shown = text(report({}, { findings: Array.from({ length: 20 }, () => finding) }));
    expect(shown).toContain('and 8 more: drylane show run_');
    const told = renderBlock(
      evidenceBlock(report({}, { findings: Array.from({ length: 20 }, () => finding) }), false),
      coloursFor(process.stdout, { NO_COLOR: '1' }),
      '/my state',
    );
    expect(told).toContain("and 8 more: drylane show --state '/my state' run_");
  });

  it('names limits that were hit and verdicts that are neither yes nor no', () => {
    const shown = text(
      report({ exit_code: null, timed_out: true, disk_full: true }, { verdict: 'inconclusive' }),
    );
    expect(shown).toContain('exit code:      none (hit the time limit, the disk limit)');
    expect(shown).toContain('verdict:        inconclusive');
  });

  it('says how a command that only the sandbox made fail can run for real, and says it of no other', () => {
    const finding: Finding = {
      ...{ rule: 'sandbox-caused-failure', severity: 'inconclusive' as const },
      ...{ message: 'm', paths: [], step: null },
    };
    const shown = text(report({ exit_code: 6 }, { verdict: 'inconclusive', findings: [finding] }));
    expect(shown).toContain('--expect-exit 6\n');
    expect(text(report({ exit_code: 6 }, { verdict: 'block', findings: [finding] }))).not.toContain('next:');
    expect(text(report({ exit_code: null }, { verdict: 'inconclusive', findings: [finding] }))).not.toContain(
      'next:',
    );
  });

  it('shows what was seen besides files, the worst of it first, and says what it does not show', () => {
    const { fidelity } = blankEvidence();
    const process = { pid: 1, parent: 0, argv: ['a'], exit_code: 0, signal: null, step: 0, duration_ms: 1 };
    const shown = text(
      report({
        complete: false,
        network: [
          blankAttempt({ declared: true }),
          ...Array.from({ length: 9 }, (_, i) => blankAttempt({ host: `${i}.example` })),
        ],
        processes: [process, { ...process, argv: ['b'], exit_code: 6 }],
        privileged: [{ syscall: 'mount', program: 'mount', step: 0 }],
        leftovers: [{ pid: 30, argv: ['sleep', '9'] }],
        canaries: [{ credential: 'TOKEN', where: 'argv', path: null, step: 1 }],
        stderr: { ...OUTPUT, bytes: 7, truncated: true },
        fidelity: { ...fidelity, mocked_credentials: ['TOKEN'], stripped_env: ['A', 'B'], unobserved: ['x'] },
        resources: { cpu_ms: 2, memory_peak_bytes: 1024, disk_bytes: 0, processes_peak: 3 },
      }),
    );
    const id = 'run_01M7XV0X1RH9HEE9T32QPNGHM8';
    expect(shown).toContain(
      `exit code:      0 (hit the output limit)
files changed:  0
surprise paths: 0
evidence:       not complete: more may have happened
leaked:         1
                TOKEN in argv, step 2
network:        10, 9 not declared
                not declared: 0.example:443 (tcp) by curl, step 1
                not declared: 1.example:443 (tcp) by curl, step 1
                not declared: 2.example:443 (tcp) by curl, step 1
                not declared: 3.example:443 (tcp) by curl, step 1
                not declared: 4.example:443 (tcp) by curl, step 1
                and 5 more: drylane show ${id}
privileged:     1
                mount by mount, step 1
left running:   1
                sleep 9 (pid 30)
fidelity:       mocked TOKEN
stderr:         7 bytes, the middle is left out
`,
    );
  });

  it('changes nothing in words of the command that look like its own', () => {
    const finding: Finding = {
      ...{ rule: 'surprise-path', severity: 'block' as const, paths: [], step: null },
      message: 'touched drylane apply run_x',
    };
    const lines = evidenceBlock(report({}, { findings: [finding] }), false);
    const shown = renderBlock(lines, coloursFor(process.stdout, { NO_COLOR: '1' }), '/s');
    expect(shown).toContain('touched drylane apply run_x\n');
  });

  it('passes no control character of the command on', () => {
    const finding: Finding = {
      rule: 'r',
      severity: 'block',
      message: 'touched \x1b[2J\x1b]0;x\x07',
      paths: [],
      step: null,
    };
    const shown = text(report({}, { verdict: 'block', findings: [finding] }));
    expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(shown).toContain('\\x1b[2J');
  });
});
