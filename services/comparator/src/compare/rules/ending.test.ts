import { describe, expect, it } from 'vitest';
import { comparison, step } from '../compare.fixture.ts';
import { compare } from '../compare.ts';
import type { Comparison } from '../comparison.ts';

const find = (rule: string, given: Comparison) => compare(given).find((finding) => finding.rule === rule);

describe('how a command ended', () => {
  it('names the status, what was expected, and the step that gave it', () => {
    const steps = [
      step(0, 'true'),
      step(1, 'false', { exit_code: 1 }),
      step(2, 'x', { ran: false, exit_code: null }),
    ];
    expect(find('unexpected-exit', comparison({ exit_code: 1, steps }))).toMatchObject({
      message: 'exited with 1 but intent expected 0',
      step: 1,
    });
  });

  it('is unexpected for a command that was killed, whatever statuses are expected', () => {
    const every = Array.from({ length: 256 }, (_, status) => status);
    const given = comparison({ exit_code: null, signal: 'SIGKILL' }, { expectedExit: every });
    expect(find('unexpected-exit', given)?.message).toMatch(/^was stopped by SIGKILL/);
  });

  it('says of 127 that the image may lack the program', () => {
    expect(find('unexpected-exit', comparison({ exit_code: 127 }))?.message).toContain('the image lacks it');
    expect(find('unexpected-exit', comparison({ exit_code: 126 }))?.message).not.toContain('image');
  });

  it('says which limits were hit', () => {
    expect(find('resource-limit', comparison({ oom_killed: true, disk_full: true }))?.message).toBe(
      'used up its memory and its disk space',
    );
  });

  it.each(['timed_out', 'oom_killed', 'disk_full', 'pids_exhausted'] as const)(
    'counts %s as a limit',
    (flag) => {
      expect(find('resource-limit', comparison({ [flag]: true }))).toMatchObject({
        severity: 'inconclusive',
      });
    },
  );

  it('says what was left running', () => {
    const leftovers = [{ pid: 9, argv: ['sleep', '300'] }];
    expect(find('leftover-process', comparison({ leftovers }))?.message).toBe(
      'left 1 process running: sleep 300',
    );
  });
});

describe('a high-risk command', () => {
  const high = { level: 'high', parsed: true } as const;

  it('passes this rule when its text could be split', () => {
    expect(find('opaque-high-risk', comparison({}, {}, high))).toBeUndefined();
  });

  it('does not when a step is opaque, or its text did not parse', () => {
    const steps = [step(0, 'a'), step(1, 'b', { opaque: true })];
    expect(find('opaque-high-risk', comparison({ steps }, {}, high))?.step).toBe(1);
    expect(find('opaque-high-risk', comparison({}, {}, { level: 'high', parsed: false }))).toBeDefined();
  });
});
