import {
  type Approval,
  ApprovalSubject,
  type Approver,
  bindingOf,
  stickyKeyOf,
} from '@drylane/proto/approval';
import { digestOf } from '@drylane/proto/digest';
import { RUN_STATES } from '@drylane/proto/lifecycle';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceAll } from '../ledger/advance.ts';
import { ASKED, approved, ID, idAt, NOW, OTHER, submitted, word } from '../ledger/ledger.fixture.ts';
import { type DecisionFacts, decisionProblems, type StandingFacts, standingOf } from './approve.ts';

const SUBJECT: ApprovalSubject = {
  run: ID,
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
const bound = bindingOf(SUBJECT);
const sticky = stickyKeyOf(SUBJECT);

const facts = (over: Partial<StandingFacts> = {}): StandingFacts => ({
  subject: SUBJECT,
  required: true,
  approvals: [],
  stickyApprovals: [],
  submitter: 'sam',
  policy: { from: 'medium', quorum: 1, expires: '24h', sticky: true },
  nowMs: NOW,
  ...over,
});
const quorumOf = (quorum: number) => ({ ...facts().policy, quorum });
const given = (id: string, over: Partial<Approval> = {}): Approval => word(id, { bound, ...over });

// Another value for every field, so that a new field needs one here.
const CHANGED: { readonly [F in keyof ApprovalSubject]: ApprovalSubject[F] } = {
  run: idAt(NOW + 1),
  lane: 'rehearsal',
  envelope: OTHER,
  judgement: OTHER,
  evidence: null,
  patches: null,
  change_set: null,
  image: 'sha256:another',
  policy: OTHER,
  mode: 'rerun',
};
const FIELDS = Object.keys(ApprovalSubject.shape) as readonly (keyof ApprovalSubject)[];

const anyApproval: fc.Arbitrary<Approval> = fc
  .record({
    approver: fc.record({
      id: fc.constantFrom('ada', 'bob', 'eve', 'joe', 'sam'),
      proof: fc.constantFrom<Approver['proof']>('terminal', 'key', 'token', 'none'),
    }),
    decision: fc.constantFrom<Approval['decision']>('approve', 'approve', 'approve', 'reject'),
    lane: fc.constantFrom<Approval['lane']>('live', 'live', 'live', 'rehearsal'),
    expires_ms: fc.integer({ min: NOW - 3, max: NOW + 3 }),
    bound: fc.constantFrom(bound, bound, OTHER),
  })
  .map((over) => word(over.approver.id, over));
const anyApprovals = fc.array(anyApproval, { maxLength: 12 });

describe('where a run stands', () => {
  it('is free when nobody is needed', () => {
    expect(standingOf(facts({ required: false }))).toEqual({ status: 'not-needed' });
  });

  it('is what one approval of exactly it makes of it', () => {
    const approvals = [given('ada')];
    expect(standingOf(facts())).toEqual({ status: 'missing', have: 0, need: 1 });
    expect(standingOf(facts({ approvals }))).toEqual({ status: 'given', approvals, sticky: false });
  });

  it.each(FIELDS)('is approved by nobody when its %s is another', (field) => {
    const subject = { ...SUBJECT, [field]: CHANGED[field] };
    const approvals = ['ada', 'bob', 'eve'].map((id) => given(id, { lane: subject.lane }));
    expect(standingOf(facts({ subject, approvals }))).toEqual({ status: 'missing', have: 0, need: 1 });
  });

  it('ends with its approvals, to the millisecond', () => {
    const approvals = [given('ada', { expires_ms: NOW })];
    expect(standingOf(facts({ approvals, nowMs: NOW - 1 })).status).toBe('given');
    expect(standingOf(facts({ approvals, nowMs: NOW })).status).toBe('missing');
    const stickyApprovals = approvals.map((approval) => ({ ...approval, sticky }));
    expect(standingOf(facts({ stickyApprovals, nowMs: NOW - 1 })).status).toBe('given');
    expect(standingOf(facts({ stickyApprovals, nowMs: NOW })).status).toBe('missing');
  });

  it('counts a rejection, the submitter, the other lane, and one person twice for nothing', () => {
    const approvals = [
      given('ada'),
      given('ada', { time_ms: NOW + 1 }),
      given('bob', { decision: 'reject' }),
      given('eve', { lane: 'rehearsal' }),
      given('sam'),
      given('joe', { approver: { id: 'joe', proof: 'none' } }),
    ];
    const standing = standingOf(facts({ approvals, stickyApprovals: approvals, policy: quorumOf(2) }));
    expect(standing).toEqual({ status: 'missing', have: 1, need: 2 });
  });

  it('asks one person for a rehearsal, however many land a run', () => {
    const subject: ApprovalSubject = { ...SUBJECT, lane: 'rehearsal', mode: null };
    const approvals = [word('ada', { lane: 'rehearsal', bound: bindingOf(subject) })];
    expect(standingOf(facts({ subject, approvals, policy: quorumOf(3) })).status).toBe('given');
  });

  it('is exactly what its quorum of different, living, bound approvals of others says', () => {
    fc.assert(
      fc.property(anyApprovals, fc.integer({ min: 1, max: 5 }), (approvals, quorum) => {
        const standing = standingOf(facts({ approvals, policy: quorumOf(quorum) }));
        const people = new Set(
          approvals
            .filter((a) => a.decision === 'approve' && a.lane === 'live' && a.bound === bound)
            .filter((a) => a.expires_ms > NOW && a.approver.id !== 'sam' && a.approver.proof !== 'none')
            .map((a) => a.approver.id),
        );
        if (people.size < quorum) {
          expect(standing).toEqual({ status: 'missing', have: people.size, need: quorum });
          return;
        }
        expect(standing).toMatchObject({ status: 'given', sticky: false });
        const counted = standing.status === 'given' ? standing.approvals : [];
        expect(new Set(counted.map((a) => a.approver.id))).toEqual(people);
        expect(counted).toHaveLength(people.size);
      }),
    );
  });

  it('never rests on whoever submitted it, sticky or not', () => {
    fc.assert(
      fc.property(anyApprovals, anyApprovals, (approvals, stickyApprovals) => {
        const standing = standingOf(facts({ approvals, stickyApprovals }));
        const counted = standing.status === 'given' ? standing.approvals : [];
        expect(counted.map(({ approver }) => approver.id)).not.toContain('sam');
      }),
    );
  });
});

describe('approvals that were given to an identical change set', () => {
  const lent = [word('ada', { bound: OTHER, sticky }), word('bob', { bound: OTHER, sticky })];

  it('count where policy says so, and are said to be that', () => {
    const standing = standingOf(facts({ stickyApprovals: lent, policy: quorumOf(2) }));
    expect(standing).toEqual({ status: 'given', approvals: lent, sticky: true });
  });

  it('count by the key in the approval itself, whatever they are kept under', () => {
    const others = lent.map((approval) => ({ ...approval, sticky: OTHER }));
    const unsaid = lent.map(({ sticky: _, ...approval }) => approval);
    for (const stickyApprovals of [others, unsaid])
      expect(standingOf(facts({ stickyApprovals })).status).toBe('missing');
  });

  it('make a quorum with those of this run, nobody twice', () => {
    const own = [given('ada'), given('eve')];
    const three = facts({ approvals: own, stickyApprovals: lent, policy: quorumOf(3) });
    expect(standingOf(three)).toMatchObject({ status: 'given', sticky: true });
    expect(standingOf({ ...three, policy: quorumOf(4) })).toEqual({ status: 'missing', have: 3, need: 4 });
    expect(standingOf({ ...three, policy: quorumOf(2) })).toEqual({
      status: 'given',
      approvals: own,
      sticky: false,
    });
  });

  it('count for nothing where policy does not say so', () => {
    const policy = { ...facts().policy, sticky: false };
    const standing = standingOf(facts({ stickyApprovals: lent, policy }));
    expect(standing).toEqual({ status: 'missing', have: 0, need: 1 });
  });

  it.each([
    ['runs again', { mode: 'rerun' }],
    ['changes nothing', { change_set: null }],
    ['is only rehearsed', { lane: 'rehearsal' }],
  ] as const)('count for nothing where a command %s', (_, over) => {
    const subject = { ...SUBJECT, ...over };
    const stickyApprovals = lent.map((approval) => ({ ...approval, lane: subject.lane }));
    expect(standingOf(facts({ subject, stickyApprovals })).status).toBe('missing');
  });
});

describe('who may decide on a run', () => {
  const { run } = advanceAll(undefined, ID, [submitted({ submitter: 'sam' }), ...ASKED.slice(1)], NOW);
  const ada = { id: 'ada', proof: 'terminal' } as const;
  const decision: DecisionFacts = {
    run,
    lane: 'live',
    decision: 'approve',
    approver: ada,
    bound,
    approvals: [],
    nowMs: NOW,
  };

  it('is anybody else, once', () => {
    expect(decisionProblems(decision)).toEqual([]);
    expect(decisionProblems({ ...decision, approvals: [given('bob')] })).toEqual([]);
    const again = { ...decision, approvals: [given('ada')] };
    expect(decisionProblems(again)).toEqual([expect.objectContaining({ field: 'approver' })]);
    expect(decisionProblems({ ...again, nowMs: NOW + 999 })).toHaveLength(1);
    expect(decisionProblems({ ...again, nowMs: NOW + 1000 })).toEqual([]);
    expect(decisionProblems({ ...again, bound: OTHER })).toEqual([]);
  });

  it('is never whoever submitted it, who may still end it', () => {
    const sam = { ...decision, approver: { ...ada, id: 'sam' } };
    expect(decisionProblems(sam)).toEqual([expect.objectContaining({ field: 'approver' })]);
    expect(decisionProblems({ ...sam, decision: 'reject' })).toEqual([]);
  });

  it('has to show who they are to say yes, and not to say no', () => {
    const unknown = { ...decision, approver: { id: 'joe', proof: 'none' } } as const;
    expect(decisionProblems(unknown)).toEqual([expect.objectContaining({ field: 'approver' })]);
    expect(decisionProblems({ ...unknown, decision: 'reject' })).toEqual([]);
  });

  it('may say no after having said yes', () => {
    expect(decisionProblems({ ...decision, decision: 'reject', approvals: [given('ada')] })).toEqual([]);
  });

  it.each([
    ['rehearsal', 'approve', ['awaiting-rehearsal-approval']],
    ['rehearsal', 'reject', ['awaiting-rehearsal-approval']],
    ['live', 'approve', ['awaiting-live-approval']],
    ['live', 'reject', ['awaiting-live-approval', 'promotable']],
  ] as const)('can do so only while the run waits: %s, %s', (lane, word, states) => {
    const possible = RUN_STATES.filter(
      (state) => decisionProblems({ ...decision, lane, decision: word, run: { ...run, state } }).length === 0,
    );
    expect(possible).toEqual(states);
  });

  it('is told the same by the ledger', () => {
    fc.assert(
      fc.property(anyApproval, anyApprovals, fc.integer({ min: 0, max: 5 }), (next, before, late) => {
        const nowMs = NOW - 3 + late;
        const words = before.filter(
          (approval) => approval.decision === 'approve' && approval.lane === 'live',
        );
        const history = { run, approvals: words };
        const candidate = { ...next, decision: 'approve', expires_ms: NOW + 10 } as const;
        const { lane, approver } = candidate;
        const problems = decisionProblems({
          ...{ run, lane, approver, approvals: words, nowMs },
          ...{ decision: 'approve', bound: candidate.bound },
        });
        const adding = () => advanceAll(history, ID, [approved(candidate)], nowMs);
        if (problems.length === 0) expect(adding().approvals).toHaveLength(words.length + 1);
        else expect(adding).toThrow();
      }),
    );
  });
});
