import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Approval, ApprovalSubject, bindingOf, stickyKeyOf } from './approval.ts';
import { digestOf } from './digest.ts';
import { runId } from './ids.ts';

const SUBJECT: ApprovalSubject = {
  run: runId(1, new Uint8Array(10)),
  lane: 'live',
  envelope: digestOf('envelope'),
  judgement: digestOf('judgement'),
  evidence: digestOf('evidence'),
  patches: digestOf('patches'),
  change_set: digestOf('change set'),
  image: digestOf('image'),
  policy: digestOf('policy'),
  mode: 'apply',
};

const anyDigest = fc.string().map((text) => digestOf(text));
const anySubject: fc.Arbitrary<ApprovalSubject> = fc.record({
  run: fc.nat().map((ms) => runId(ms, new Uint8Array(10))),
  lane: fc.constantFrom('rehearsal', 'live'),
  envelope: anyDigest,
  judgement: anyDigest,
  evidence: fc.option(anyDigest),
  patches: fc.option(anyDigest),
  change_set: fc.option(anyDigest),
  image: fc.option(fc.string()),
  policy: anyDigest,
  mode: fc.option(fc.constantFrom('apply', 'rerun')),
});

const FIELDS = Object.keys(ApprovalSubject.shape) as readonly (keyof ApprovalSubject)[];

describe('what an approval is bound to', () => {
  it('is the same for the same subject, in whatever order it is written', () => {
    fc.assert(
      fc.property(anySubject, (subject) => {
        const reversed = ApprovalSubject.parse(Object.fromEntries(Object.entries(subject).reverse()));
        expect(bindingOf(reversed)).toBe(bindingOf(subject));
      }),
    );
  });

  it.each(FIELDS)('is another with another %s', (field) => {
    fc.assert(
      fc.property(anySubject, anySubject, (subject, other) => {
        const changed = { ...subject, [field]: other[field] };
        expect(bindingOf(changed) === bindingOf(subject)).toBe(other[field] === subject[field]);
      }),
    );
  });
});

describe('what makes an approval count for another run', () => {
  const OTHER: ApprovalSubject = {
    run: runId(2, new Uint8Array(10)),
    lane: 'rehearsal',
    envelope: digestOf('another envelope'),
    judgement: digestOf('another judgement'),
    evidence: null,
    patches: null,
    change_set: digestOf('another change set'),
    image: digestOf('another image'),
    policy: digestOf('another policy'),
    mode: 'rerun',
  };

  it('is everything but the run, its evidence and how it was judged', () => {
    const same = FIELDS.filter((field) => {
      const changed = { ...SUBJECT, [field]: OTHER[field] };
      return stickyKeyOf(changed) === stickyKeyOf(SUBJECT);
    });
    expect(same).toEqual(['run', 'judgement', 'evidence', 'patches']);
    expect(stickyKeyOf(SUBJECT)).not.toBeNull();
  });

  it.each([
    ['rehearsed', { lane: 'rehearsal' }],
    ['run again', { mode: 'rerun' }],
    ['not to land at all', { mode: null }],
    ['landing nothing', { change_set: null }],
  ] as const)('is nothing where it is %s', (_, over) => {
    expect(stickyKeyOf({ ...SUBJECT, ...over })).toBeNull();
  });

  it('is never what binds the approval itself', () => {
    fc.assert(
      fc.property(anySubject, (subject) => {
        expect(stickyKeyOf(subject)).not.toBe(bindingOf(subject));
      }),
    );
  });
});

describe('an approval', () => {
  const GIVEN: Approval = {
    lane: 'live',
    decision: 'approve',
    approver: { id: 'ada', proof: 'key' },
    comment: null,
    time_ms: 1,
    expires_ms: 2,
    bound: bindingOf(SUBJECT),
  };

  it.each([
    ['somebody', { approver: { id: '', proof: 'key' } }],
    ['a proof that is known', { approver: { id: 'ada', proof: 'word' } }],
    ['a decision', { decision: 'perhaps' }],
    ['a digest that it is bound to', { bound: 'all' }],
    ['whole milliseconds', { expires_ms: 1.5 }],
    ['a comment that can be read', { comment: 'x'.repeat(2001) }],
    ['nothing more than it says', { more: true }],
  ])('names %s', (_, over) => {
    expect(Approval.safeParse(GIVEN).success).toBe(true);
    expect(Approval.safeParse({ ...GIVEN, ...over }).success).toBe(false);
  });
});
