import { canonicalJson } from '@drylane/proto/digest';
import { RECEIPT_MEDIA_TYPE, Receipt, receiptDigest, type SignedReceipt } from '@drylane/proto/receipt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReceipts, writeReceipts } from './lines.ts';
import { chainOf, fixedKey, KEYS, publicOf, runsOf, SIGNER } from './receipt.fixture.ts';
import { keySigner, signedBytes, signReceipt } from './sign.ts';
import { verifyReceipts } from './verify.ts';

const CHAIN = chainOf(runsOf(5));
const RUNS = CHAIN.map((signed) => statementIn(signed).predicate.run);
const OTHER = keySigner(fixedKey(2));
const BOTH = [...KEYS, publicOf(fixedKey(2))];

function statementIn(signed: SignedReceipt | undefined): Receipt {
  return Receipt.parse(JSON.parse(Buffer.from(signed?.payload ?? '', 'base64').toString('utf8')));
}

/** The chain with another value in the place of its third receipt. */
const withThird = (third: unknown): readonly unknown[] => CHAIN.with(2, third as SignedReceipt);

/** The same receipt with another statement in it, under the signature of the first. */
const forged = (statement: unknown): unknown => ({
  ...CHAIN[2],
  payload: Buffer.from(canonicalJson(statement)).toString('base64'),
});

describe('a chain that nobody touched', () => {
  it('holds, and says what it is', () => {
    const head = receiptDigest(CHAIN[4] as SignedReceipt);
    expect(verifyReceipts(CHAIN, KEYS)).toEqual({ total: 5, good: 5, first: 0, last: 4, head, breaks: [] });
  });

  it('holds in any order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...CHAIN], { minLength: 5 }), (shuffled) => {
        expect(verifyReceipts(shuffled, KEYS)).toEqual(verifyReceipts(CHAIN, KEYS));
      }),
    );
  });

  it('holds as any part of it without a gap, and says where the part begins', () => {
    for (let from = 0; from < 5; from++)
      for (let to = from + 1; to <= 5; to++) {
        const part = verifyReceipts(CHAIN.slice(from, to), KEYS);
        expect(part).toMatchObject({ good: to - from, first: from, last: to - 1, breaks: [] });
      }
    expect(verifyReceipts([], KEYS)).toMatchObject({ total: 0, first: null, last: null, head: null });
  });

  it('holds across a change of keys, when both are known', () => {
    const [first] = CHAIN;
    const statement = statementIn(CHAIN[1]);
    const second = signReceipt(
      { ...statement, predicate: { ...statement.predicate, signer: OTHER.keyId } },
      OTHER,
    );
    expect(verifyReceipts([first, second], BOTH).breaks).toEqual([]);
    expect(verifyReceipts([first, second], KEYS).breaks).toMatchObject([
      { fault: 'unknown-key', sequence: 1 },
    ]);
  });
});

describe('a receipt in the middle of a chain', () => {
  const line = Buffer.from(writeReceipts(CHAIN.slice(2, 3)).trimEnd());
  const file = (third: Uint8Array): string =>
    Buffer.concat([
      Buffer.from(writeReceipts(CHAIN.slice(0, 2))),
      third,
      Buffer.from(`\n${writeReceipts(CHAIN.slice(3))}`),
    ]).toString('utf8');

  it('is the one that is named when any one of its bytes is another', () => {
    for (const at of line.keys()) {
      const changed = Uint8Array.from(line);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const { good, breaks } = verifyReceipts(readReceipts(file(changed)), KEYS);
      expect([at, good, breaks[0]?.position, breaks.length]).toEqual([at, 4, 2, 1]);
    }
  });

  it('is the one that is named, whatever its bytes are changed to', () => {
    const at = fc.nat(line.length - 1);
    const splice = fc.tuple(at, fc.nat(20), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(splice, ([from, removed, added]) => {
        const changed = Buffer.concat([line.subarray(0, from), added, line.subarray(from + removed)]);
        fc.pre(!changed.equals(line));
        const { good, breaks } = verifyReceipts(readReceipts(file(changed)), KEYS);
        expect([good, breaks[0]?.position]).toEqual([4, 2]);
      }),
      { numRuns: 500 },
    );
  });

  it('is the one that is named when any one field of its statement says something else', () => {
    const fields = leaves(statementIn(CHAIN[2]));
    expect(fields.length).toBeGreaterThan(50);
    for (const path of fields)
      for (const value of [null, 3, 4, 9, 'other', []]) {
        const changed = replaceAt(statementIn(CHAIN[2]), path, value);
        if (canonicalJson(changed) === canonicalJson(statementIn(CHAIN[2]))) continue;
        const { good, breaks } = verifyReceipts(withThird(forged(changed)), KEYS);
        expect([path, good, breaks.length, breaks[0]]).toMatchObject([
          path,
          4,
          1,
          { fault: 'bad-signature', position: 2, message: 'was altered after it was signed' },
        ]);
      }
  });

  it('is named by its sequence and run as far as it says them', () => {
    const reworded = replaceAt(statementIn(CHAIN[2]), ['predicate', 'command'], 'true');
    const { breaks } = verifyReceipts(withThird(forged(reworded)), KEYS);
    expect(breaks).toMatchObject([{ fault: 'bad-signature', sequence: 2, run: RUNS[2] }]);
    expect(verifyReceipts(withThird(undefined), KEYS).breaks).toMatchObject([
      { fault: 'unreadable', position: 2, sequence: null, run: null },
    ]);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'receipt'],
    ['an unsigned envelope', { ...CHAIN[2], signatures: [] }],
    ['two signatures', { ...CHAIN[2], signatures: [CHAIN[2], CHAIN[2]].flatMap((r) => r?.signatures) }],
    ['another type', { ...CHAIN[2], payloadType: 'application/json' }],
    ['a field more', { ...CHAIN[2], note: 'x' }],
  ])('is unreadable as %s', (_, third) => {
    expect(verifyReceipts(withThird(third), KEYS).breaks).toMatchObject([
      { fault: 'unreadable', position: 2 },
    ]);
  });

  it('has one way only to be written in base64', () => {
    const { payload } = CHAIN[2] as SignedReceipt;
    for (const written of [`${payload}=`, `${payload}\n`, ` ${payload}`, payload.replace(/=+$/, '')])
      if (written !== payload)
        expect(verifyReceipts(withThird({ ...CHAIN[2], payload: written }), KEYS).breaks).toMatchObject([
          { fault: 'unreadable', position: 2 },
        ]);
  });

  it('is named as replaced when the holder of the key, or of an older one, signs another in its place', () => {
    const statement = statementIn(CHAIN[2]);
    const reworded = { ...statement, predicate: { ...statement.predicate, command: 'true' } };
    expect(verifyReceipts(withThird(signReceipt(reworded, SIGNER)), KEYS).breaks).toMatchObject([
      { fault: 'replaced', position: 2, sequence: 2, run: RUNS[2] },
    ]);
    const moved = { ...statement, predicate: { ...statement.predicate, signer: OTHER.keyId } };
    const third = signReceipt(moved, OTHER);
    expect(verifyReceipts(withThird(third), BOTH).breaks).toMatchObject([{ fault: 'replaced', sequence: 2 }]);
    expect(verifyReceipts(withThird(third), KEYS).breaks).toMatchObject([
      { fault: 'unknown-key', position: 2 },
    ]);
  });

  it('is refused under the name of a key that did not sign it', () => {
    const signature = { keyid: OTHER.keyId, sig: CHAIN[2]?.signatures[0]?.sig };
    expect(verifyReceipts(withThird({ ...CHAIN[2], signatures: [signature] }), BOTH).breaks).toMatchObject([
      { fault: 'bad-signature', position: 2 },
    ]);
  });
});

describe('what is signed and is no receipt', () => {
  const signed = (statement: unknown): unknown => signReceipt(statement as Receipt, SIGNER);
  const [first, second] = [statementIn(CHAIN[0]), statementIn(CHAIN[1])];

  it.each([
    ['has a field more', { ...second, note: 'x' }],
    ['is of another version', { ...second, predicateType: 'https://drylane.dev/receipt/v2' }],
    ['has none before it, and is not the first', replaceAt(second, ['predicate', 'previous'], null)],
    ['has one before it, and is the first', replaceAt(second, ['predicate', 'sequence'], 0)],
    ['is about two things', { ...first, subject: [first.subject[0], first.subject[0]] }],
  ])('is malformed when it %s', (_, statement) => {
    expect(verifyReceipts([signed(statement)], KEYS).breaks).toMatchObject([{ fault: 'malformed' }]);
  });

  const json = canonicalJson(first);
  const another = { ...first, predicate: { ...first.predicate, signer: OTHER.keyId } };
  it.each([
    ['names another key than the one that signed it', canonicalJson(another)],
    ['says one thing twice, of which readers take one each', json.replace('{', '{"_type":"x",')],
    ['is not in the form that all write', ` ${json}`],
    ['is no JSON', json.slice(1)],
    ['is empty', ''],
  ])('is malformed when it %s', (_, text) => {
    const payload = Buffer.from(text);
    const sig = SIGNER.sign(signedBytes(RECEIPT_MEDIA_TYPE, payload));
    const envelope = {
      payload: payload.toString('base64'),
      payloadType: RECEIPT_MEDIA_TYPE,
      signatures: [{ keyid: SIGNER.keyId, sig: Buffer.from(sig).toString('base64') }],
    };
    expect(verifyReceipts([envelope], KEYS).breaks).toMatchObject([{ fault: 'malformed' }]);
  });
});

describe('a chain', () => {
  it('names the first receipt that is missing, however many are', () => {
    for (const [kept, from, message] of [
      [[0, 2, 3, 4], 1, 'receipt 1 is missing, between 0 and 2'],
      [[0, 1, 4], 2, 'receipts 2 to 3 are missing, between 1 and 4'],
      [[1, 3], 2, 'receipt 2 is missing, between 1 and 3'],
    ] as const) {
      const { good, breaks } = verifyReceipts(
        kept.map((index) => CHAIN[index]),
        KEYS,
      );
      expect([good, breaks]).toEqual([
        kept.length,
        [{ fault: 'missing', position: null, sequence: from, run: null, message }],
      ]);
    }
  });

  it('names one that is there twice, wherever the second one stands', () => {
    for (const again of CHAIN.keys())
      for (const at of [0, 1, 2, 3, 4, 5]) {
        const { breaks } = verifyReceipts(CHAIN.toSpliced(at, 0, CHAIN[again] as SignedReceipt), KEYS);
        expect(breaks).toMatchObject([{ fault: 'duplicate', sequence: again, run: RUNS[again] }]);
      }
  });

  it('names one that is signed twice with different content', () => {
    const statement = statementIn(CHAIN[2]);
    const fork = signReceipt(
      { ...statement, predicate: { ...statement.predicate, reason: 'other' } },
      SIGNER,
    );
    expect(verifyReceipts([...CHAIN, fork], KEYS).breaks[0]).toMatchObject({
      fault: 'duplicate',
      sequence: 2,
      message: 'there are two different receipts with the sequence 2',
    });
  });

  it('tells of every break in order, and keeps a missing one apart from a false one', () => {
    const false4 = { ...CHAIN[4], signatures: CHAIN[3]?.signatures };
    expect(verifyReceipts([CHAIN[0], CHAIN[1], CHAIN[3], false4], KEYS).breaks).toMatchObject([
      { fault: 'missing', sequence: 2 },
      { fault: 'bad-signature', sequence: 4, position: 3 },
    ]);
  });

  it('lets no forgery make a gap: what it says of its place is believed only where one is missing', () => {
    const far = replaceAt(statementIn(CHAIN[2]), ['predicate', 'sequence'], 2 ** 40);
    expect(verifyReceipts([...CHAIN, forged(far)], KEYS).breaks).toMatchObject([
      { fault: 'bad-signature', position: 5, sequence: 2 ** 40 },
    ]);
    const near = replaceAt(statementIn(CHAIN[2]), ['predicate', 'sequence'], 0);
    expect(verifyReceipts([forged(near), ...CHAIN.slice(3)], KEYS).breaks).toMatchObject([
      { fault: 'bad-signature', position: 0, sequence: 0 },
    ]);
  });
});

type Path = readonly (string | number)[];

/** Where the values are in a document that hold no others. */
function leaves(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Object.entries(value);
  return entries.length === 0 ? [path] : entries.flatMap(([name, item]) => leaves(item, [...path, name]));
}

/** A copy of a document with another value in one place. */
function replaceAt(document: unknown, [name, ...rest]: Path, value: unknown): unknown {
  if (name === undefined) return value;
  if (Array.isArray(document))
    return document.map((item, index) => (String(index) === name ? replaceAt(item, rest, value) : item));
  const fields = document as Readonly<Record<string, unknown>>;
  return { ...fields, [name]: replaceAt(fields[name], rest, value) };
}
