import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENCODINGS, inOrder } from './encodings.ts';
import { createRedactor } from './redact.ts';
import { expandSample } from './samples.ts';

// No rule knows tokens of this form: what is taken out is taken out because the value is known.
const TOKEN = expandSample('zz9_<alnum:60>');
const redactor = createRedactor([{ name: 'DEPLOY', value: TOKEN, publicPrefix: 4 }]);

function inChunks(bytes: Buffer, cuts: readonly number[]) {
  const stream = redactor.stream();
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const out = places.slice(1).map((end, index) => stream.push(bytes.subarray(places[index], end)));
  const { rest, ...tally } = stream.end();
  return { ...tally, text: Buffer.concat([...out, rest]).toString('latin1') };
}

describe('a part of a known value', () => {
  it('goes as far as it is one, and what stands around it stays', () => {
    for (let start = 4; start <= 20; start++) {
      for (let end = start + 32; end <= TOKEN.length; end += 3) {
        expect(redactor.text(`<${TOKEN.slice(start, end)}>`)).toEqual({
          text: '<[redacted:deploy]>',
          redactions: 1,
          kinds: { deploy: 1 },
          known: { DEPLOY: 1 },
        });
      }
    }
  });

  it.each(ENCODINGS.map((encoding, index) => [index, encoding] as const))(
    'goes in encoding %d, wherever a stream is cut',
    (_, encoding) => {
      const part = Buffer.from(TOKEN.slice(7, 60));
      for (const form of encoding.encode(inOrder(encoding, part))) {
        const text = Buffer.from(`<${form}>`, 'latin1');
        for (let cut = 0; cut < text.length; cut += 5) {
          const scrubbed = inChunks(text, [cut]);
          expect(scrubbed).toMatchObject({ redactions: 1, known: { DEPLOY: 1 } });
          // Where a character of base64 mixes bits of the value with others, it stays.
          expect(scrubbed.text).toMatch(/^<.?\[redacted:deploy\].?>$/);
        }
      }
    },
  );

  it.each(['\n', '\r\n', '\\n', '\n+', '\n    '])(
    'goes with its line breaks, where it is wrapped with %j',
    (line) => {
      const encoded =
        Buffer.from(`${TOKEN}${TOKEN}`)
          .toString('base64')
          .match(/.{1,76}/g) ?? [];
      const { text, known } = redactor.text(`data: ${encoded.join(line)}\nend`);
      expect(text).toMatch(/^data: .{0,8}\[redacted:deploy\].{0,8}\[redacted:deploy\].{0,2}\nend$/);
      expect(known).toEqual({ DEPLOY: 2 });
    },
  );

  it('is named by the value that is there as a whole, where two have it', () => {
    const [shared, one, two] = [1, 2, 3].map((seed) => expandSample('<alnum:30>', seed));
    const both = createRedactor([
      { name: 'A', value: `${shared}${one}` },
      { name: 'B', value: `${shared}${two}` },
    ]);
    expect(both.text(`<${shared}${two}>`)).toMatchObject({ text: '<[redacted:b]>', known: { A: 1, B: 1 } });
  });

  it('does not take with it what comes after it by chance', () => {
    const half = TOKEN.slice(0, 30);
    for (const after of ['\n', '\nno', ' - next', '"\n', `\n${TOKEN[30]}! x`]) {
      expect(redactor.text(`${half}${after}`).text).toBe(`zz9_[redacted:deploy]${after}`);
    }
  });

  it('is counted once where it overlaps with others, whatever the chunks', () => {
    const encoded = Buffer.from(`a${TOKEN}`).toString('base64');
    const piece = fc.oneof(
      fc.constantFrom(
        ...[TOKEN, TOKEN.slice(0, 36), TOKEN.slice(20), TOKEN.slice(10, 50), [...TOKEN].reverse().join('')],
        ...[encoded, encoded.replace(/.{20}/g, '$&\n'), encoded.replace(/.{40}/g, '$&\n+')],
        ...[Buffer.from(TOKEN).toString('hex'), '\n', ' ', 'x'.repeat(5000), `secret=${TOKEN}`],
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 40 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 10 }),
        fc.array(fc.nat(20_000), { maxLength: 10 }),
        (pieces, cuts) => {
          const bytes = Buffer.from(pieces.join(''), 'latin1');
          const whole = inChunks(bytes, []);
          expect(inChunks(bytes, cuts)).toEqual(whole);
          for (const [start, end] of [
            [4, 36],
            [20, 52],
            [32, 64],
          ]) {
            expect(whole.text).not.toContain(TOKEN.slice(start, end));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is looked for in bounded time, in a flood of it', () => {
    const flood = Buffer.from(`${TOKEN.slice(0, 40)}\n`.repeat(5000));
    expect(inChunks(flood, []).known).toEqual({ DEPLOY: 5000 });
  });
});
