import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generateSchemas } from '../scripts/schemas.ts';
import { digestOf } from './digest.ts';
import { isEnd, RUN_STATES } from './lifecycle.ts';
import {
  END_STATES,
  isEndState,
  PromotionResult,
  RECEIPT_CAPS,
  Receipt,
  receiptDigest,
  SignedReceipt,
} from './receipt.ts';

const REFUSAL = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'envelope', digest: { sha256: 'a'.repeat(64) } }],
  predicateType: 'https://drylane.dev/receipt/v1',
  predicate: {
    sequence: 0,
    previous: null,
    run: 'run_01M7W4N5E70000000000000000',
    task: null,
    command: 'rm -rf /',
    intent: null,
    risk: null,
    state: 'refused',
    reason: 'the workspace is not one that the policy allows',
    decision: null,
    evidence_digest: null,
    diff: null,
    approvals: [],
    promotion: null,
    envelope_digest: digestOf('envelope'),
    policy_digest: digestOf('policy'),
    shortened: [],
    signer: 'b'.repeat(64),
    time: '2026-11-20T09:30:00.007Z',
  },
};
const SIGNED: SignedReceipt = {
  payload: 'eyJ9',
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ keyid: 'c'.repeat(64), sig: Buffer.alloc(64).toString('base64') }],
};

const withPredicate = (over: object): unknown => ({
  ...REFUSAL,
  predicate: { ...REFUSAL.predicate, ...over },
});

describe('the ends that have a receipt', () => {
  it('are the states that nothing follows', () => {
    expect([...END_STATES].sort()).toEqual(RUN_STATES.filter(isEnd).sort());
    expect(RUN_STATES.filter(isEndState)).toEqual(RUN_STATES.filter(isEnd));
  });

  it('are of a promotion where promoting leads to them', () => {
    expect(END_STATES.filter((state) => PromotionResult.safeParse(state).success)).toEqual([
      'promoted',
      'drifted',
      'diverged',
      'unknown',
    ]);
  });
});

/** The schema as another program reads it. */
function published(name: string): z.ZodType {
  return z.fromJSONSchema(JSON.parse(generateSchemas().get(`${name}.json`) ?? 'null'));
}

describe.each([
  ['here', Receipt],
  ['in the published schema', published('receipt')],
] as const)('a statement, %s', (_, schema) => {
  it('is taken when it says only what is known', () => {
    expect(schema.safeParse(REFUSAL).error?.issues ?? []).toEqual([]);
  });

  it.each([
    ['a state that is no end', { state: 'promotable' }],
    ['a field more', { note: 'x' }],
    ['a field less', { previous: undefined }],
    ['a sequence below 0', { sequence: -1 }],
    ['a time without milliseconds', { time: '2026-11-20T09:30:00Z' }],
    ['a time of another zone', { time: '2026-11-20T09:30:00.007+01:00' }],
    ['a command beyond its cap', { command: 'x'.repeat(RECEIPT_CAPS.command + 1) }],
    ['a digest that is none', { policy_digest: 'sha256:x' }],
    ['an unknown part that was shortened', { shortened: [{ part: 'signer', bytes: 1 }] }],
  ])('is refused with %s', (_case, over) => {
    expect(schema.safeParse(JSON.parse(JSON.stringify(withPredicate(over)))).success).toBe(false);
  });
});

describe.each([
  ['here', SignedReceipt],
  ['in the published schema', published('signed-receipt')],
] as const)('a signed receipt, %s', (_, schema) => {
  it('is a DSSE envelope with one signature', () => {
    expect(schema.safeParse(SIGNED).error?.issues ?? []).toEqual([]);
    const [signature] = SIGNED.signatures;
    for (const signatures of [[], [signature, signature]])
      expect(schema.safeParse({ ...SIGNED, signatures }).success).toBe(false);
    expect(schema.safeParse({ ...SIGNED, payloadType: 'text/plain' }).success).toBe(false);
  });
});

describe('the base64 in a signed receipt', () => {
  // The last letter before the padding has bits that say nothing: A to P stand for the same byte.
  it.each(['eyJ9eQ', 'eyJ9eR==', 'eyJ9 eQ==', 'eyJ9eQ==\n', 'eyJ9eQ==eyJ9', 'eyJ9-_=='])(
    'is refused when it is written in another way: %j',
    (payload) => {
      expect(SignedReceipt.safeParse({ ...SIGNED, payload }).success).toBe(false);
      expect(SignedReceipt.safeParse({ ...SIGNED, payload: 'eyJ9eQ==' }).success).toBe(true);
    },
  );
});

describe('the digest of a receipt', () => {
  it('covers the signature, and not the order of fields', () => {
    const { payload, payloadType, signatures } = SIGNED;
    expect(receiptDigest({ signatures, payloadType, payload })).toBe(receiptDigest(SIGNED));
    const other = [{ keyid: 'd'.repeat(64), sig: signatures[0]?.sig ?? '' }];
    expect(receiptDigest({ ...SIGNED, signatures: other })).not.toBe(receiptDigest(SIGNED));
  });
});
