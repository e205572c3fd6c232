import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQuery } from '../trace/dns.ts';
import { type Asked, answer, answerAddress, type Question, readAsked } from './dns-answer.ts';

/** A question as a resolver writes it. */
function ask(
  name: readonly string[],
  { type = 1, kind = 1, flags = 0x100, count = 1, more = '' } = {},
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0x1234, 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(count, 4);
  const labels = name.map((label) =>
    Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
  );
  const tail = Buffer.from([0, type >> 8, type & 255, kind >> 8, kind & 255]);
  return Buffer.concat([head, ...labels, tail, Buffer.from(more, 'hex')]);
}

function question(asked: Asked): Question {
  if (asked.kind !== 'question') throw new Error(asked.kind);
  return asked.question;
}

const codeOf = (bytes: Buffer): number => (bytes[3] ?? 0) & 15;

describe('a question', () => {
  it('is read, whatever else comes with it', () => {
    const edns = '0000290fa0000000000000';
    for (const more of ['', edns])
      expect(readAsked(ask(['API', 'GitHub', 'com'], { more }))).toMatchObject({
        kind: 'question',
        question: { id: 0x1234, recursion: true, name: 'api.github.com', wantsAddress: true },
      });
  });

  it('for anything but an address of IPv4 wants no address', () => {
    for (const type of [28, 15, 16, 65, 255, 0])
      expect(question(readAsked(ask(['a', 'example'], { type }))).wantsAddress).toBe(false);
  });

  it.each([
    ['of no machine', ['a b', 'example']],
    ['with a dot inside a label', ['a.b', 'example']],
    ['beyond ASCII', ['\xe2\x84\xaa8s', 'example']],
    ['with a NUL', ['a\0', 'example']],
    ['for the root', []],
  ])('for a name %s has no name', (_, labels) => {
    expect(question(readAsked(ask(labels))).name).toBeNull();
  });

  it('of another class than the internet’s has no name', () => {
    expect(question(readAsked(ask(['version', 'bind'], { kind: 3 }))).name).toBeNull();
  });

  it('in a message that is an answer, or too short to be anything, is noise', () => {
    expect(readAsked(ask(['a'], { flags: 0x8180 }))).toEqual({ kind: 'noise' });
    for (let length = 0; length < 12; length++)
      expect(readAsked(ask(['a']).subarray(0, length))).toEqual({ kind: 'noise' });
  });

  it.each([
    ['another operation', ask(['a'], { flags: 0x2800 }), 4],
    ['no question', ask(['a'], { count: 0 }), 1],
    ['two questions', ask(['a'], { count: 2 }), 1],
    ['a label that is too long', ask(['a'.repeat(64)]), 1],
    ['a name that is too long', ask(Array.from({ length: 130 }, () => 'a')), 1],
    ['a pointer to itself', Buffer.concat([ask([]).subarray(0, 12), Buffer.from('c00c00010001', 'hex')]), 1],
    ['a name that is cut off', ask(['a', 'example']).subarray(0, 16), 1],
    ['a type that is cut off', ask(['a', 'example']).subarray(0, -1), 1],
  ])('that is %s is refused', (_, message, code) => {
    const asked = readAsked(message);
    expect(asked.kind).toBe('refused');
    if (asked.kind === 'refused') expect([codeOf(asked.answer), asked.answer.length]).toEqual([code, 12]);
  });

  it('of any bytes is never more than read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const asked = readAsked(Buffer.from(bytes));
        if (asked.kind !== 'question') return;
        expect(asked.question.bytes.length).toBeLessThanOrEqual(255 + 4);
        expect(asked.question.name ?? 'a').toMatch(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('that is damaged anywhere still gets an answer no longer than 512 bytes, or none', () => {
    const good = ask(['api', 'github', 'com']);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        const asked = readAsked(bytes);
        if (asked.kind === 'question')
          expect(answerAddress(asked.question, '127.64.0.1').length).toBeLessThanOrEqual(512);
      }),
    );
  });
});

describe('an answer', () => {
  const asked = question(readAsked(ask(['api', 'github', 'com'])));

  it('says the question again, and the address', () => {
    const bytes = answerAddress(asked, '127.64.1.2');
    expect(bytes.toString('hex')).toBe(
      `1234818000010001${'0000'.repeat(2)}036170690667697468756203636f6d0000010001c00c000100010000003c00047f400102`,
    );
  });

  it('without an address has only a code', () => {
    expect(answer(asked, 'unknown').toString('hex')).toBe(
      `123481830001000000000000${asked.bytes.toString('hex')}`,
    );
    expect(
      ['fine', 'malformed', 'failed', 'unknown', 'unable'].map((code) =>
        codeOf(answer(asked, code as 'fine')),
      ),
    ).toEqual([0, 1, 2, 3, 4]);
  });

  it('is never taken for a question', () => {
    expect(readAsked(answerAddress(asked, '127.64.0.1'))).toEqual({ kind: 'noise' });
    expect(readQuery(answer(asked, 'fine'))).toBeUndefined();
  });
});
