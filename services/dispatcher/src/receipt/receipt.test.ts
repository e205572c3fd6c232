import { canonicalJson, digestOf } from '@drylane/proto/digest';
import { CHANGE_KINDS } from '@drylane/proto/evidence';
import { blankChange } from '@drylane/proto/evidence.fixture';
import {
  END_STATES,
  MAX_RECEIPT_BYTES,
  PromotionResult,
  RECEIPT_CAPS,
  Receipt,
} from '@drylane/proto/receipt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APPROVAL, endFacts, SIGNER } from './receipt.fixture.ts';
import { diffOf, type End, type EndFacts, type Place, statementOf } from './receipt.ts';
import { signReceipt } from './sign.ts';

const PLACE: Place = { sequence: 7, previous: digestOf('before'), signer: SIGNER.keyId };
const predicateOf = (over: Partial<EndFacts>) => statementOf(endFacts(over), PLACE).predicate;

describe('a receipt', () => {
  it('is an in-toto statement about the change set, and says all of how the run ended', () => {
    expect(statementOf(endFacts(), PLACE)).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'change-set', digest: { sha256: digestOf('change set').slice('sha256:'.length) } }],
      predicateType: 'https://drylane.dev/receipt/v1',
      predicate: {
        sequence: 7,
        previous: digestOf('before'),
        run: 'run_01M7W4N5E70000000000000000',
        task: 'normalize-blog-frontmatter',
        command: 'sed -i s/a/b/ blog/*.md',
        intent: { summary: 'Normalize', mode: 'mutating', expected_writes: ['blog/*.md'], network: 'none' },
        risk: { score: 5, level: 'medium', reasons: ['sed -i rewrites files in place'] },
        state: 'promoted',
        reason: null,
        decision: {
          verdict: 'promote',
          count: 1,
          findings: [
            {
              rule: 'expected-write-missing',
              severity: 'note',
              message: 'declared, and never written',
              paths: { count: 1, first: ['x/*'] },
            },
          ],
        },
        evidence_digest: digestOf('evidence'),
        diff: { files: 2, added: 0, modified: 2, deleted: 0, forbidden: 0, surprise: 0, complete: true },
        approvals: [APPROVAL],
        promotion: {
          mode: 'apply',
          result: 'promoted',
          merged: { count: 1, first: ['blog/b.md'] },
          evidence_digest: null,
        },
        envelope_digest: digestOf('envelope'),
        policy_digest: digestOf('policy'),
        shortened: [],
        signer: SIGNER.keyId,
        time: '2026-11-20T09:30:00.007Z',
      },
    });
  });

  it('always has the same bytes and so the same digest', () => {
    expect(digestOf(canonicalJson(statementOf(endFacts(), PLACE)))).toBe(GOLDEN);
  });

  it('is about the envelope where there is no change set', () => {
    expect(statementOf(endFacts({ changeSetDigest: null }), PLACE).subject).toEqual([
      { name: 'envelope', digest: { sha256: digestOf('envelope').slice('sha256:'.length) } },
    ]);
  });

  it.each(END_STATES)('can be written of a run that ended as %s, whatever is not known of it', (state) => {
    const promoting = PromotionResult.safeParse(state);
    const end = (
      promoting.success
        ? { state, promotion: { mode: 'rerun', merged: [], evidenceDigest: digestOf('live') } }
        : { state, promotion: null }
    ) as End;
    const unknown = { task: null, intent: null, risk: null, decision: null, evidence: null, approvals: [] };
    const statement = statementOf(endFacts({ ...unknown, end, reason: 'its process died' }), PLACE);
    expect(Receipt.parse(statement)).toEqual(statement);
    expect(statement.predicate).toMatchObject({ state, reason: 'its process died' });
    expect(statement.predicate.promotion?.result).toBe(promoting.data);
  });
});

const GOLDEN = 'sha256:d53819ed7cc7efd334707251353fbd2e093b4cf8acff0064d37cfa027718c369';

describe('the diff in numbers', () => {
  it.each(CHANGE_KINDS)('counts what is %s once, a collapsed directory with all below it', (kind) => {
    const changes = [
      blankChange('a', { kind }),
      blankChange('b/', { kind, type: 'dir', entries: 40, class: 'forbidden' }),
      blankChange('c', { kind, class: 'surprise' }),
    ];
    const { files, added, modified, deleted, forbidden, surprise, complete } = diffOf({
      changes,
      complete: false,
    });
    expect([files, added + modified + deleted, forbidden, surprise, complete]).toEqual([
      42,
      42,
      40,
      1,
      false,
    ]);
    expect(kind === 'deleted').toBe(deleted === 42);
    expect(kind === 'added').toBe(added === 42);
  });
});

describe('the size of a receipt', () => {
  const LONG = '\u0001'.repeat(100_000);
  const paths = Array.from({ length: 1000 }, (_, index) => `${index}/${LONG.slice(0, 4000)}`);
  const finding = { rule: LONG, severity: 'block', message: LONG, paths, step: 0 } as const;
  const span: [number, number] = [0, 1];
  const reason = { rule: 'r', dimension: 'write', points: 1, span, message: LONG } as const;
  const approval = {
    ...APPROVAL,
    approver: { id: LONG.slice(0, 300), proof: 'key' },
    comment: LONG.slice(0, 2000),
  } as const;
  const HUGE: Partial<EndFacts> = {
    task: LONG,
    command: LONG,
    intent: {
      summary: LONG,
      mode: 'mutating',
      expected_writes: paths,
      forbidden_paths: paths,
      network: paths,
      credentials: paths,
      expected_exit: Array.from({ length: 1000 }, () => 255),
      reviewer_note: LONG,
    },
    risk: { score: 10, level: 'high', reasons: Array.from({ length: 100 }, () => reason) },
    reason: LONG,
    decision: { verdict: 'block', findings: Array.from({ length: 100 }, () => finding) },
    approvals: Array.from({ length: 100 }, (_, index) => ({ ...approval, time_ms: index })),
    end: { state: 'unknown', promotion: { mode: 'apply', merged: paths, evidenceDigest: null } },
  };

  it('is bounded whatever the command was and did, and the receipt says what is not whole', () => {
    const statement = statementOf(endFacts(HUGE), PLACE);
    expect(Receipt.parse(statement)).toEqual(statement);
    expect(Buffer.byteLength(canonicalJson(statement))).toBeLessThan(MAX_RECEIPT_BYTES);
    expect(() => signReceipt(statement, SIGNER)).not.toThrow();
    const { shortened, decision, promotion, approvals } = statement.predicate;
    expect(shortened.map(({ part }) => part)).toEqual(
      'task command intent risk reason decision approvals promotion'.split(' '),
    );
    expect(shortened[1]).toEqual({ part: 'command', bytes: 600_002 });
    expect([decision?.count, decision?.findings[0]?.paths.count]).toEqual([100, 1000]);
    expect(promotion?.merged.count).toBe(1000);
    expect(approvals.map(({ time_ms }) => time_ms)).toEqual(
      Array.from({ length: 32 }, (_, index) => 68 + index),
    );
  });

  it.each(Object.keys(HUGE) as (keyof EndFacts)[])('names %s alone where that alone is too long', (part) => {
    const { shortened } = predicateOf({ [part]: HUGE[part] });
    expect(shortened.map((entry) => entry.part)).toEqual([part === 'end' ? 'promotion' : part]);
  });

  it('is small where the command is all that is hostile', () => {
    const { approvals: _, ...hostile } = HUGE;
    const bytes = Buffer.byteLength(canonicalJson(statementOf(endFacts(hostile), PLACE)));
    expect(bytes).toBeLessThan(MAX_RECEIPT_BYTES / 2);
  });

  it('leaves a text that fits as it is, and is never more than the cap otherwise', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 }).map((unit) => unit.repeat(30));
    fc.assert(
      fc.property(text, (reason) => {
        const { reason: kept, shortened } = predicateOf({ reason });
        const bytes = (of: string | null): number => Buffer.byteLength(JSON.stringify(of)) - 2;
        if (bytes(reason) <= RECEIPT_CAPS.text) return kept === reason && shortened.length === 0;
        const begun = kept?.slice(0, -1) ?? '';
        const full = bytes(kept) > RECEIPT_CAPS.text - 16;
        return reason.startsWith(begun) && kept?.endsWith('…') && full && bytes(kept) <= RECEIPT_CAPS.text;
      }),
    );
  });

  it('takes half a character, and gives none', () => {
    const { command, shortened } = predicateOf({ command: 'echo \ud800' });
    expect(command).toBe('echo \ufffd');
    expect(shortened).toEqual([{ part: 'command', bytes: 13 }]);
  });
});
