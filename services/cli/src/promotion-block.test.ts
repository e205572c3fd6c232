import { digestOf } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import type { Promotion } from '@drylane/proto/promotion';
import { PromotionResult } from '@drylane/proto/receipt';
import { describe, expect, it } from 'vitest';
import { renderBlock } from './print.ts';
import { endLines, promotionLines, waitingLines } from './promotion-block.ts';
import { coloursFor } from './terminal.ts';

const PAINT = coloursFor(process.stdout, { NO_COLOR: '1' });
const NOTHING = { merged: [], drifts: [], divergences: [], conflicts: [], evidence_digest: null };
const APPLIED: Promotion = { mode: 'apply', result: 'promoted', ...NOTHING };
const RAN: Promotion = { ...APPLIED, mode: 'rerun', evidence_digest: digestOf('live') };

const says = (promotion: Promotion, hasChanges = true): string =>
  renderBlock(promotionLines(promotion, null, hasChanges), PAINT);

const was = 'a file of 12 bytes, mode 0644, owner 0:0, sha256 0123456789abcdef';
const edited = 'a file of 40 bytes, mode 0644, owner 0:0, sha256 fedcba9876543210';
const drift = (found: string, path = 'a.md') => ({ path, expected: was, found });

describe('what became of a promotion, in words', () => {
  it('is the very changes only where nothing was merged', () => {
    expect(says(APPLIED)).toBe(
      'promotion:      promoted (apply)   landed: the very changes that were rehearsed\n',
    );
    expect(says({ ...APPLIED, merged: ['a'] })).toContain('meanwhile kept in 1 text\n');
    expect(says({ ...APPLIED, merged: ['a', 'b'] })).toBe(
      `promotion:      promoted (apply)   landed, with what others changed meanwhile kept in 2 texts
merged:         a
                b
`,
    );
  });

  it('is nothing where a run changed nothing, unless it ran for real', () => {
    expect(says(APPLIED, false)).toBe('promotion:      promoted (apply)   nothing to land\n');
    expect(says(RAN, false)).toBe('promotion:      promoted (rerun)   ran for real, within its intent\n');
  });

  it('says after drift what can be done, and of a merge only where it could have helped', () => {
    const drifted = { ...APPLIED, result: 'drifted' } as const;
    const next =
      'next:           rehearse again, or look at what changed; no approval of this run counts any more\n';
    const texts = says({ ...drifted, drifts: [drift(edited)] });
    expect(texts).toContain(next);
    expect(texts).toContain('--merge, given at the first try');
    const others = ['nothing', edited.replace('0644', '0600'), 'a directory, mode 0755, owner 0:0'];
    for (const found of others) {
      const text = says({ ...drifted, drifts: [drift(edited), drift(found, 'b')] });
      expect(text).toContain(next);
      expect(text).not.toContain('--merge');
    }
    expect(says({ ...RAN, result: 'drifted', drifts: [drift(edited)] })).not.toContain('--merge');
  });

  it('does not claim that a command ran for real that never began', () => {
    const drifted: Promotion = { ...RAN, result: 'drifted', drifts: [drift(edited)] };
    expect(says(drifted)).toContain('it ran for real, and its changes did not land');
    expect(says({ ...drifted, evidence_digest: null })).toContain('nothing was run, and nothing landed');
  });

  it('has words for every end', () => {
    for (const result of PromotionResult.options)
      for (const mode of ['apply', 'rerun'] as const)
        expect(says({ ...APPLIED, mode, result })).toMatch(
          new RegExp(`^promotion: {6}${result} \\(${mode}\\) {3}\\w`),
        );
  });
});

describe('where a past run stands', () => {
  it('begins with its state, and knows whether there was anything to land', () => {
    const end = { state: 'promoted', promotion: APPLIED, receipt: null, change_set: null } as const;
    expect(renderBlock(endLines(end), PAINT)).toBe(
      'state:          promoted\npromotion:      promoted (apply)   nothing to land\n',
    );
  });
});

describe('a run that waits', () => {
  it('says what to type, in this state directory', () => {
    const id = RunId.parse('run_01M7XV0X1RH9HEE9T32QPNGHM8');
    expect(renderBlock(waitingLines(id), PAINT, '/s')).toBe(
      `waiting:        a person has to agree: drylane approve --state /s ${id}
then:           drylane apply --state /s ${id}
`,
    );
  });
});
