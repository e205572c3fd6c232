import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeLedgers } from './kinds.fixture.ts';
import {
  ASKED,
  approved,
  digest,
  idAt,
  issue,
  moved,
  NOW,
  OTHER,
  rejected,
  submitted,
  WHOLE,
  word,
} from './ledger.fixture.ts';
import { countingWords } from './sticky.ts';

const key = digest;

describeLedgers('approvals under a key in %s', (bench) => {
  const names = async (nowMs: number) =>
    (await bench.ledger.sticky(key, null, nowMs)).map(({ approver }) => approver.id).sort();

  it('of another tenant are nothing to a tenant, and neither are its rejections', async () => {
    const [, ...rest] = ASKED;
    const asked = (tenant: string) => [submitted({ tenant }), ...rest];
    await bench.ledger.append(idAt(NOW), [...asked('web'), approved(word('ada'), key)], NOW);
    const no = rejected(word('eve', { time_ms: NOW + 1 }), key);
    await bench.ledger.append(idAt(NOW + 1), [...asked('ops'), no, moved('rejected')], NOW, issue);
    const idsOf = async (tenant: string | null) =>
      (await bench.ledger.sticky(key, tenant, NOW)).map(({ approver }) => approver.id);
    expect(await idsOf('web')).toEqual(['ada']);
    expect(await idsOf('ops')).toEqual([]);
    expect(await idsOf(null)).toEqual([]);
  });

  it('are those that were given under it, of every run', async () => {
    const ada = word('ada', { comment: 'looks \u0000 right' });
    await bench.ledger.append(idAt(NOW), [...ASKED, approved(ada, key)], NOW);
    await bench.ledger.append(idAt(NOW + 1), [...ASKED, approved(word('bob'), key)], NOW);
    await bench.ledger.append(idAt(NOW + 2), [...ASKED, approved(word('eve'), OTHER)], NOW);
    await bench.ledger.append(idAt(NOW + 3), [...ASKED, approved(word('joe'), null)], NOW);
    expect(await names(NOW)).toEqual(['ada', 'bob']);
    expect(await bench.ledger.sticky(key, null, NOW)).toContainEqual(ada);
    expect(await bench.ledger.sticky(digest.replace(/.$/, 'g'), null, NOW)).toEqual([]);
  });

  it('end at their millisecond', async () => {
    await bench.ledger.append(
      idAt(NOW),
      [...ASKED, approved(word('ada', { expires_ms: NOW + 5 }), key)],
      NOW,
    );
    expect([await names(NOW + 4), await names(NOW + 5)]).toEqual([['ada'], []]);
  });

  it('count no more when their own run was rejected', async () => {
    await bench.ledger.append(idAt(NOW), [...ASKED, approved(word('ada'), key)], NOW);
    await bench.ledger.append(idAt(NOW), [rejected(word('bob')), moved('rejected')], NOW);
    expect(await names(NOW)).toEqual([]);
  });

  it('count no more when a later run was rejected under the same key, until somebody approves again', async () => {
    await bench.ledger.append(idAt(NOW), [...ASKED, approved(word('ada'), key)], NOW);
    const no = rejected(word('bob', { time_ms: NOW + 1 }), key);
    await bench.ledger.append(idAt(NOW + 1), [...WHOLE, no, moved('rejected')], NOW + 1);
    expect(await names(NOW + 2)).toEqual([]);
    const again = approved(word('ada', { time_ms: NOW + 2 }), key);
    await bench.ledger.append(idAt(NOW + 2), [...ASKED, again], NOW + 2);
    expect(await names(NOW + 2)).toEqual(['ada']);
    expect(await names(NOW + 2000)).toEqual([]);
  });
});

describe('the words that count', () => {
  const anyWord = fc.record({
    rejectedRun: fc.boolean(),
    approval: fc
      .record({
        decision: fc.constantFrom<'approve' | 'reject'>('approve', 'approve', 'reject'),
        time_ms: fc.integer({ min: 0, max: 20 }),
        expires_ms: fc.integer({ min: 0, max: 20 }),
      })
      .map((over) => word('ada', over)),
  });

  it('are never rejections, expired, of a rejected run, or as old as a rejection', () => {
    fc.assert(
      fc.property(fc.array(anyWord), fc.integer({ min: 0, max: 20 }), (words, nowMs) => {
        const counting = countingWords(words, nowMs);
        const expected = words.filter(
          ({ approval, rejectedRun }) =>
            !rejectedRun &&
            approval.decision === 'approve' &&
            approval.expires_ms > nowMs &&
            words.every(
              (other) => other.approval.decision === 'approve' || other.approval.time_ms < approval.time_ms,
            ),
        );
        expect(counting).toEqual(expected.map(({ approval }) => approval));
      }),
    );
  });
});
