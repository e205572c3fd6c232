import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENCODINGS, inOrder } from './encodings.ts';
import { createRedactor } from './redact.ts';
import { expandSample } from './samples.ts';
import { watchFor } from './watch.ts';

const TOKEN = expandSample('zz9_<alnum:36>');
const KEY = `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI${expandSample('<b64:42>')}=\n-----END PRIVATE KEY-----`;
const SHORT = expandSample('<alnum:12>', 3);
const KNOWN = [
  { name: 'TOKEN', value: TOKEN, publicPrefix: 4 },
  { name: 'KEY', value: KEY },
  { name: 'SHORT', value: SHORT },
];
const watch = watchFor(KNOWN);
const redactor = createRedactor(KNOWN);

function inTwo(text: string, cut: number): readonly string[] {
  const bytes = Buffer.from(text, 'latin1');
  const stream = watch.stream();
  stream.push(bytes.subarray(0, cut));
  stream.push(bytes.subarray(cut));
  return stream.end();
}

/** What the tools of any system make of a text. */
function run(program: string, args: readonly string[], input: string): string {
  return execFileSync(program, args, { input, encoding: 'latin1' });
}

describe('a watch', () => {
  it.each(ENCODINGS.map((encoding, index) => [index, encoding] as const))(
    'sees known values in encoding %d, wherever they are cut',
    (_, encoding) => {
      for (const { name, value } of KNOWN) {
        for (const form of encoding.encode(inOrder(encoding, Buffer.from(value)))) {
          const text = `before ${form} after`;
          expect(watch.in(Buffer.from(text, 'latin1'))).toEqual([name]);
          for (let cut = 0; cut <= text.length; cut += 3) expect(inTwo(text, cut)).toEqual([name]);
        }
      }
    },
  );

  it.each(ENCODINGS.map((encoding, index) => [index, encoding] as const))(
    'sees any 32 bytes of the secret part of a long value in encoding %d',
    (_, encoding) => {
      const long = expandSample('<alnum:300>');
      const sees = watchFor([{ name: 'LONG', value: long }]);
      for (let at = 0; at + 32 <= long.length; at++) {
        for (const form of encoding.encode(inOrder(encoding, Buffer.from(long.slice(at, at + 32))))) {
          expect(sees.in(Buffer.from(form, 'latin1'))).toEqual(['LONG']);
        }
      }
    },
  );

  it('sees either form of what may be written in two', () => {
    for (const code of ['%41', '\\x41', '41 ', '41']) {
      const encoded = Buffer.from(TOKEN)
        .toString('hex')
        .replace(/../g, (hex) => code.replace('41', hex));
      expect(watch.in(Buffer.from(encoded.toUpperCase().replaceAll('\\X', '\\x')))).toEqual(['TOKEN']);
      expect(watch.in(Buffer.from(encoded))).toEqual(['TOKEN']);
    }
    const marked = `${expandSample('<alnum:14>')}>>>???${expandSample('<alnum:14>')}`;
    for (const alphabet of ['base64', 'base64url'] as const) {
      const encoded = Buffer.from(`x${marked}`).toString(alphabet);
      expect(watchFor([{ name: 'M', value: marked }]).in(Buffer.from(encoded))).toEqual(['M']);
    }
  });

  it.each([
    ['base64', []],
    ['base64', ['-w', '40']],
    ['od', ['-An', '-tx1']],
    ['od', ['-tx1']],
    ['od', ['-x']],
    ['od', ['-tx1z', '-w8']],
    ['fold', ['-w', '30']],
    ['tr', ['-d', '\n']],
    ['rev', []],
    ['cat', ['-A']],
  ])('sees what %s %j makes of a file with a token in it', (program, args) => {
    for (const before of ['', 'a', 'ab', 'token for the job:\n\n']) {
      expect(watch.in(Buffer.from(run(program, args, `${before}${TOKEN}\nand more\n`), 'latin1'))).toEqual([
        'TOKEN',
      ]);
    }
  });

  it('sees a dump, sixteen bytes to a line, with the text beside it', () => {
    for (const before of ['', 'a', 'ab', 'token=', 'export token=']) {
      const rows =
        Buffer.from(`${before}${TOKEN}\n`)
          .toString('hex')
          .match(/.{1,32}/g) ?? [];
      const groups = rows.map((row) =>
        row
          .match(/.{1,16}/g)
          ?.map((half) => half.replace(/../g, '$& '))
          .join(' '),
      );
      const canonical = groups.map((group, row) => `${row}0  ${group} |................|`).join('\n');
      const paired = rows
        .map((row, at) => `${at}0: ${row.replace(/..../g, '$& ')} ................`)
        .join('\n');
      expect([before, watch.in(Buffer.from(canonical)), watch.in(Buffer.from(paired))]).toEqual([
        before,
        ['TOKEN'],
        ['TOKEN'],
      ]);
    }
  });

  it('sees a key that is wrapped at another width, quoted, or in a diff', () => {
    const body = KEY.split('\n')[1] ?? '';
    for (const width of [76, 64, 40, 32]) {
      for (const line of ['\n', '\r\n', '\\n', '\n+', '\n    ', '"\n  "']) {
        const wrapped = body.match(new RegExp(`.{1,${width}}`, 'g'))?.join(line) ?? '';
        expect(watch.in(Buffer.from(wrapped))).toEqual(['KEY']);
      }
    }
    expect(watch.in(Buffer.from(Buffer.from(KEY).toString('base64')))).toEqual(['KEY']);
  });

  it('sees either half of a token that is cut in two', () => {
    for (let at = 20; at <= TOKEN.length - 16; at++) {
      expect(watch.in(Buffer.from(`${TOKEN.slice(0, at)}\0`))).toEqual(['TOKEN']);
      expect(watch.in(Buffer.from(`\0${TOKEN.slice(at)}`))).toEqual(['TOKEN']);
    }
  });

  it('does not take for a value what anybody may write', () => {
    const others = [
      TOKEN.slice(0, 4) + expandSample('<alnum:36>', 2),
      `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI${expandSample('<b64:42>', 2)}=\n-----END PRIVATE KEY-----`,
      TOKEN.toLowerCase(),
      TOKEN.slice(0, 12),
    ];
    for (const other of others) expect(watch.in(Buffer.from(other))).toEqual([]);
    const words = watchFor([{ name: 'W', value: 'the quick brown fox jumps over the lazy dog' }]);
    expect(words.in(Buffer.from('so the quick brown fox jumps over a fence'))).toEqual([]);
    const dull = watchFor([{ name: 'D', value: `${'0'.repeat(40)}${expandSample('<alnum:20>')}` }]);
    expect(dull.in(Buffer.from('0'.repeat(50)))).toEqual([]);
  });

  it('names each value once, in the order in which they are known, however the bytes are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        TOKEN,
        KEY,
        SHORT,
        TOKEN.slice(0, 20),
        TOKEN.slice(8),
        Buffer.from(`ab${TOKEN}`).toString('base64'),
        Buffer.from(TOKEN).toString('hex').toUpperCase(),
        'x'.repeat(5000),
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 60 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.nat(12_000), { maxLength: 8 }),
        (pieces, cuts) => {
          const bytes = Buffer.from(pieces.join(''), 'latin1');
          const stream = watch.stream();
          let from = 0;
          for (const cut of [...cuts, bytes.length]
            .map((at) => Math.min(at, bytes.length))
            .sort((a, b) => a - b)) {
            const chunk = Buffer.from(bytes.subarray(from, cut));
            stream.push(chunk);
            chunk.fill(0);
            from = cut;
          }
          const names = stream.end();
          expect(names).toEqual(watch.in(bytes));
          expect(names).toEqual(KNOWN.map(({ name }) => name).filter((name) => names.includes(name)));
          expect(Object.keys(redactor.text(bytes.toString('latin1')).known).sort()).toEqual(
            [...names].sort(),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('names all who have the value', () => {
    const twice = ['ONE', 'TWO'].map((name) => ({ name, value: TOKEN }));
    expect(watchFor(twice).in(Buffer.from(TOKEN.slice(4)))).toEqual(['ONE', 'TWO']);
  });

  it('with nothing to watch for sees nothing', () => {
    const stream = watchFor([]).stream();
    stream.push(Buffer.from(TOKEN));
    expect(stream.end()).toEqual([]);
    expect(watchFor([{ name: 'tiny', value: 'abcde' }]).in(Buffer.from('abcde'))).toEqual([]);
  });
});
