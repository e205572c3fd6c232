import type { Finding } from '@drylane/proto/decision';
import type { Change, Evidence } from '@drylane/proto/evidence';
import { Rehearsal } from '@drylane/proto/rehearsal';
import { describe, expect, it } from 'vitest';
import { evidenceBlock } from './block.ts';
import { renderBlock } from './print.ts';
import { coloursFor } from './terminal.ts';

const OUTPUT = { text: '', bytes: 0, truncated: false, redactions: 0 };

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
    evidence: {
      exit_code: 0,
      signal: null,
      timed_out: false,
      oom_killed: false,
      disk_full: false,
      pids_exhausted: false,
      duration_ms: 1,
      complete: true,
      steps: [],
      changes: [],
      outside: [],
      network: [],
      processes: [],
      privileged: [],
      leftovers: [],
      canaries: [],
      stdout: OUTPUT,
      stderr: OUTPUT,
      fidelity: {
        network: 'none',
        runtime: 'runc',
        image: 'sha256:x',
        user: '0:0',
        mocked_credentials: [],
        stripped_env: [],
        absent_mounts: [],
        unobserved: [],
      },
      resources: { cpu_ms: null, memory_peak_bytes: null, disk_bytes: null, processes_peak: null },
      ...evidence,
    },
    change_set: null,
    receipt: null,
    ...more,
  });
}

function change(path: string, more: Partial<Change> = {}): Change {
  return {
    path,
    kind: 'modified',
    type: 'file',
    class: 'expected',
    step: 0,
    before: null,
    after: null,
    binary: false,
    additions: 1,
    deletions: 1,
    entries: 1,
    ...more,
  };
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

  it('says how many notes it does not show, and where they are', () => {
    const finding: Finding = { rule: 'r', severity: 'note', message: 'm', paths: [], step: null };
    const shown = text(report({}, { findings: Array.from({ length: 20 }, () => finding) }));
    expect(shown).toContain('and 8 more: drylane show run_');
  });

  it('names limits that were hit and verdicts that are neither yes nor no', () => {
    const shown = text(
      report({ exit_code: null, timed_out: true, disk_full: true }, { verdict: 'inconclusive' }),
    );
    expect(shown).toContain('exit code:      none (hit the time limit, the disk limit)');
    expect(shown).toContain('verdict:        inconclusive');
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
