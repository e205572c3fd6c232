import { describe, expect, it } from 'vitest';
import { readReceipts, writeReceipts } from './lines.ts';
import { chainOf, KEYS, runsOf } from './receipt.fixture.ts';
import { verifyReceipts } from './verify.ts';

const CHAIN = chainOf(runsOf(5));

describe('a file of receipts', () => {
  it('reads back as it was written, and as a list, and as a single one', () => {
    expect(readReceipts(writeReceipts(CHAIN))).toEqual(CHAIN);
    expect(readReceipts(JSON.stringify(CHAIN, null, 2))).toEqual(CHAIN);
    expect(readReceipts(JSON.stringify(CHAIN[0], null, 2))).toEqual([CHAIN[0]]);
  });

  it('that was cut off anywhere in a line shows the receipt that is not whole', () => {
    const whole = writeReceipts(CHAIN.slice(0, 2));
    const second = whole.indexOf('\n') + 1;
    for (let end = second + 1; end < whole.length - 1; end++) {
      const { good, breaks } = verifyReceipts(readReceipts(whole.slice(0, end)), KEYS);
      expect([end, good, breaks[0]?.fault, breaks[0]?.position]).toEqual([end, 1, 'unreadable', 1]);
    }
  });

  it('that was cut off between two shows another head, which is all that can be known', () => {
    const part = verifyReceipts(readReceipts(writeReceipts(CHAIN.slice(0, 4))), KEYS);
    expect(part).toMatchObject({ good: 4, last: 3, breaks: [] });
    expect(part.head).not.toBe(verifyReceipts(CHAIN, KEYS).head);
  });

  // Readers differ in which of the two they take, so that one would verify what another one shows.
  it.each([
    ['payload', (line: string) => line.replace('{"payload"', '{"payload":"eA==","payload"')],
    ['payload, written in another way', (line: string) => line.replace('{', '{"p\\u0061yload":"eA==",')],
    ['payload, the same again', (line: string) => line.replace(/("payload":"[^"]*")/, '$1,$1')],
    ['payloadType', (line: string) => line.replace('"payloadType"', '"payloadType":"x","payloadType"')],
    ['signatures', (line: string) => line.replace('"signatures"', '"signatures":[],"signatures"')],
    ['keyid', (line: string) => line.replace('"keyid"', '"keyid":"0","keyid"')],
    ['sig', (line: string) => line.replace('"sig"', '"sig" : "{\\"sig\\":", "sig"')],
  ])('with a receipt that says twice its %s shows that it cannot be read', (_, twice) => {
    const lines = writeReceipts(CHAIN).trimEnd().split('\n');
    const damaged = lines.with(2, twice(lines[2] ?? ''));
    expect(JSON.parse(damaged[2] ?? '')).toEqual(CHAIN[2]);
    const { good, breaks } = verifyReceipts(readReceipts(damaged.join('\n')), KEYS);
    expect([good, breaks[0]?.fault, breaks[0]?.position]).toEqual([4, 'unreadable', 2]);
    for (const whole of [damaged[2] ?? '', `[${damaged.join(',')}]`])
      expect(verifyReceipts(readReceipts(whole), KEYS)).toMatchObject({ total: 1, good: 0 });
  });

  it.each(['', '\n', 'x', '[', '{}', 'null', '7', JSON.stringify(CHAIN[0], null, 2).slice(0, -2)])(
    'that holds no receipt is one thing that cannot be read: %j',
    (text) => {
      expect(verifyReceipts(readReceipts(text), KEYS)).toMatchObject({
        total: 1,
        good: 0,
        breaks: [{ fault: 'unreadable', position: 0 }],
      });
    },
  );
});
