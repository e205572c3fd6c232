import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readQuery, showName } from './dns.ts';
import { query } from './trace.fixture.ts';

const names = (message: Buffer): string[] | undefined => readQuery(message)?.map(showName);
const header = (flags: number, questions: number): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt16BE(questions, 4);
  return bytes;
};
const TYPE = Buffer.from('00010001', 'hex');

test('a question is its labels joined by dots', () => {
  expect(names(query('api', 'example', 'test'))).toEqual(['api.example.test']);
  expect(names(query())).toEqual(['.']);
});

test('letters keep their case, since case can carry something', () => {
  expect(names(query('ApI', 'TEST'))).toEqual(['ApI.TEST']);
});

test.each([
  ['a dot inside a label', query('api.github.com'), 'api\\x2egithub\\x2ecom'],
  ['a backslash', query('a\\x2eb'), 'a\\\\x2eb'],
  ['a byte that is no text', query('a\xffb', 'c'), 'a\\xffb.c'],
])('%s cannot be taken for another name', (_, message, name) => {
  expect(names(message)).toEqual([name]);
});

test('several questions, and what follows them, are understood', () => {
  const two = Buffer.concat([header(0x0100, 2), query('a').subarray(12), query('b', 'c').subarray(12)]);
  const extended = Buffer.concat([two, Buffer.from('0000290000000000000000', 'hex')]);
  expect(names(extended)).toEqual(['a', 'b.c']);
});

test('a second name may point back into the first', () => {
  const pointing = Buffer.concat([
    header(0, 2),
    query('a', 'b').subarray(12),
    Buffer.from('0163c00e', 'hex'),
    TYPE,
  ]);
  expect(names(pointing)).toEqual(['a.b', 'c.b']);
});

test.each([
  ['too short', Buffer.from('1234')],
  ['a response', Buffer.concat([header(0x8000, 1), query('a').subarray(12)])],
  ['another operation', Buffer.concat([header(0x2800, 1), query('a').subarray(12)])],
  ['no question', header(0x0100, 0)],
  ['a name cut short', query('abc').subarray(0, 14)],
  ['a question cut short', query('abc').subarray(0, -1)],
  ['a pointer to itself', Buffer.concat([header(0, 1), Buffer.from('c00c', 'hex'), TYPE])],
  [
    'a pointer forwards',
    Buffer.concat([header(0, 1), Buffer.from('c0110161 00'.replace(' ', ''), 'hex'), TYPE]),
  ],
  ['a pointer into the header', Buffer.concat([header(0, 1), Buffer.from('c004', 'hex'), TYPE])],
  ['a circle of two', Buffer.concat([header(0, 2), Buffer.from('0161c00c', 'hex'), TYPE])],
  ['a kind of label that does not exist', Buffer.concat([header(0, 1), Buffer.from('80', 'hex'), TYPE])],
  ['a name of more than 255 bytes', query(...new Array<string>(5).fill('x'.repeat(60)))],
])('%s is no query', (_, message) => {
  expect(readQuery(message)).toBeUndefined();
});

test('whatever the bytes are, an answer comes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, looksRight) => {
      const message = Buffer.concat([looksRight ? header(0x0100, 3) : Buffer.alloc(0), bytes]);
      for (const name of names(message) ?? []) expect(name).not.toBe('');
    }),
  );
});
