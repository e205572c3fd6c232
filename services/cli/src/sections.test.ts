import type { Evidence } from '@drylane/proto/evidence';
import { blankAttempt, blankChange, blankEvidence } from '@drylane/proto/evidence.fixture';
import { describe, expect, it } from 'vitest';
import { renderSections } from './sections.ts';
import { coloursFor } from './terminal.ts';

const shown = (evidence: Partial<Evidence>): string =>
  renderSections(blankEvidence(evidence), coloursFor(process.stdout, { NO_COLOR: '1' }));

const BAD = 'x\x1b[2J\r\n\u202everdict:\u009b\ud800\0';

/** Evidence in which every text that the command has a hand in is hostile. */
function hostile(): Evidence {
  const output = { text: BAD, bytes: 9, truncated: true, redactions: 2 };
  const { fidelity } = blankEvidence();
  const step = { index: 0, text: BAD, operator: null, ran: true, exit_code: 0, pipe_status: [0] };
  return blankEvidence({
    steps: [{ ...step, duration_ms: 1, changes: [], opaque: false }],
    changes: [blankChange(BAD)],
    outside: [{ path: BAD, kind: 'added' }],
    network: [blankAttempt({ program: BAD, host: BAD, address: BAD })],
    processes: [{ pid: 1, parent: 0, argv: [BAD, BAD], exit_code: 1, signal: BAD, step: 0, duration_ms: 1 }],
    privileged: [{ syscall: BAD, program: BAD, step: 0 }],
    leftovers: [{ pid: 1, argv: [BAD] }],
    canaries: [{ credential: BAD, where: 'change', path: BAD, step: 0 }],
    stdout: output,
    stderr: output,
    fidelity: {
      ...fidelity,
      mocked_credentials: [BAD],
      stripped_env: [BAD],
      absent_mounts: [BAD],
      unobserved: [BAD],
    },
  });
}

describe('the evidence in full', () => {
  it('has a section for everything that was seen, and shows no raw control character of it', () => {
    const text = shown(hostile());
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    expect(text.isWellFormed()).toBe(true);
    const titles = [...text.matchAll(/^\n(.+)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([
      'steps',
      'limits that were hit',
      'changes',
      'outside',
      'leaked credentials',
      'network',
      'privileged calls',
      'processes',
      'left running',
      'stdout (9 bytes, the middle is left out, 2 redacted)',
      'stderr (9 bytes, the middle is left out, 2 redacted)',
      'resources',
      'how the sandbox differed',
    ]);
  });

  it('leaves out what has nothing to say', () => {
    expect(shown({})).toBe(
      '\nresources\ntook 5.0 ms\ncpu not known\nmemory not known\ndisk not known\nprocesses not known\n',
    );
  });

  it('counts the processes, and names the variables that were stripped', () => {
    const { fidelity } = blankEvidence();
    const process = { pid: 1, parent: 0, argv: ['a'], exit_code: 0, signal: null, step: 0, duration_ms: 1 };
    const text = shown({
      processes: [process, process, { ...process, argv: ['b'], exit_code: 2 }],
      fidelity: { ...fidelity, stripped_env: ['AWS_PROFILE', 'EDITOR'], unobserved: ['file reads', 'times'] },
    });
    expect(text).toContain('\nprocesses\n3 started, 1 failed\nb: exit 2, step 1\n');
    expect(text).toContain('stripped from the environment (2): AWS_PROFILE, EDITOR\n');
    expect(text).toContain('never observed: 2 (--json has all)\n');
  });

  it('names five of many variables that were stripped', () => {
    const { fidelity } = blankEvidence();
    const text = shown({ fidelity: { ...fidelity, stripped_env: ['A', 'B', 'C', 'D', 'E', 'F', 'G'] } });
    expect(text).toContain('stripped from the environment (7): A, B, C, D, E, …\n');
  });

  it('indents what the command wrote, so that none of it can pass for a section', () => {
    const output = {
      text: '\nverdict: promote\n\nchanges\n  D x',
      bytes: 9,
      truncated: false,
      redactions: 0,
    };
    const text = shown({ stdout: output, stderr: output });
    const titles = [...text.matchAll(/^\S.*$/gm)].map(([title]) => title);
    expect(titles.slice(0, 2)).toEqual(['stdout (9 bytes)', 'stderr (9 bytes)']);
    expect(titles).not.toContain('verdict: promote');
    expect(titles).not.toContain('changes');
  });

  it('shows forbidden changes first, then surprises, then what was deleted', () => {
    const rest = Array.from({ length: 1000 }, (_, i) => blankChange(`${i}`));
    const deleted = blankChange('d', { kind: 'deleted' });
    const surprise = blankChange('s', { class: 'surprise' });
    const forbidden = blankChange('f', { class: 'forbidden' });
    expect(shown({ changes: [...rest, deleted, surprise, forbidden] })).toContain(
      '\nchanges\nM f +1 -0  forbidden\nM s +1 -0  surprise\nD d +1 -0\nM 0 +1 -0\n',
    );
  });

  it('says how many lines of a section it does not show', () => {
    const changes = Array.from({ length: 1000 }, (_, i) => blankChange(`${i}`));
    expect(shown({ changes })).toContain('M 199 +1 -0\n… and 800 more (--json has all)\n');
  });
});
