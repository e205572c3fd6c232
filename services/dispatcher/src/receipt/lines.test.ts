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
