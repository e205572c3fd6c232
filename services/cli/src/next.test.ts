import { digestOf } from '@drylane/proto/digest';
import { RunId } from '@drylane/proto/ids';
import { RUN_STATES } from '@drylane/proto/lifecycle';
import { describe, expect, it } from 'vitest';
import { type NextFacts, nextLines } from './next.ts';
import { renderBlock } from './print.ts';
import { coloursFor } from './terminal.ts';

const ID = RunId.parse('run_01M7XV0X1RH9HEE9T32QPNGHM8');
const CHANGED = { digest: digestOf('x') };

interface After {
  readonly promotion: NextFacts['promotion'];
  readonly changed: boolean;
  readonly rules: readonly string[];
}

const found = (rule: string) => ({ rule, severity: 'hold' as const, message: rule, paths: [], step: null });
const blocking = (rule: string) => ({ ...found(rule), severity: 'block' as const });

const after = (
  state: NextFacts['state'],
  { promotion, changed = true, rules = [] }: Partial<After> = {},
): string =>
  renderBlock(
    nextLines({
      report: { run_id: ID, change_set: changed ? CHANGED : null, findings: rules.map(found) },
      state,
      promotion,
    }),
    coloursFor(process.stdout, { NO_COLOR: '1' }),
    '/s',
  );

describe('what is next after a rehearsal', () => {
  it('of a run that is blocked because its text cannot be split is its steps, one by one', () => {
    expect(after('blocked', { rules: ['opaque-high-risk'] })).toContain(
      'next:           rehearse its steps one by one, as commands of their own: drylane steps -- COMMAND\n',
    );
  });

  it.each<[NextFacts['state'], string]>([
    ['promotable', `let it land: drylane apply --state /s ${ID}`],
    ['awaiting-live-approval', `a person has to agree: drylane approve --state /s ${ID}`],
    ['blocked', `see what it would have needed: drylane suggest --state /s ${ID}`],
  ])('of a run that is %s is one command line', (state, text) => {
    expect(after(state)).toBe(`next:           ${text}\n`);
  });

  it('is not a wider intent where only rules of the policy block', () => {
    const lines = (...rules: readonly string[]) =>
      nextLines({
        report: { run_id: ID, change_set: CHANGED, findings: rules.map(blocking) },
        ...{ state: 'blocked', promotion: 'auto' },
      }).map(({ text }) => text);
    expect(lines('no-index', 'no-index')).toEqual([
      'nothing that an intent can say: the policy blocks it (rule no-index)',
    ]);
    expect(lines('no-index', 'surprise-path')).toEqual(['see what it would have needed']);
  });

  it('is a mend first where the command failed by itself', () => {
    const mend = 'next:           mend the command and rehearse again, or a person agrees: drylane approve';
    const state = 'awaiting-live-approval';
    expect(after(state, { rules: ['unexpected-exit'] })).toContain(mend);
    for (const rules of [['leftover-process'], ['unexpected-exit', 'stripped-capability']])
      expect(after(state, { rules })).toContain('a person has to agree');
  });

  it('is nothing to type where nothing can land', () => {
    expect(after('promotable', { changed: false })).toBe(
      'next:           nothing to land: it changed nothing\n',
    );
    for (const state of ['promotable', 'awaiting-live-approval'] as const)
      expect(after(state, { promotion: 'none' })).toBe(
        'next:           nothing: its envelope says promotion: none\n',
      );
    expect(after('promotable', { changed: false, promotion: 'rerun' })).toContain('drylane apply');
  });

  it('is not said of any other state', () => {
    const said = RUN_STATES.filter((state) => after(state) !== '');
    expect(said.sort()).toEqual(['awaiting-live-approval', 'blocked', 'promotable']);
  });
});
