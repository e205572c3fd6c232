import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WIDEST_BLANK } from './automaton.ts';
import { createRedactor } from './redact.ts';
import { expandSample } from './samples.ts';
import { watchFor } from './watch.ts';

const TOKEN = expandSample('zz9_<alnum:36>');
const KNOWN = [{ name: 'TOKEN', value: TOKEN, publicPrefix: 4 }];
const watch = watchFor(KNOWN);
const redactor = createRedactor(KNOWN);

const run = (program: string, args: readonly string[], input: string): string =>
  execFileSync(program, args, { input, encoding: 'latin1' });

describe('a known value with white space in it', () => {
  it.each([
    ['fold', ['-w', '10']],
    ['fold', ['-w', '3']],
    ['sed', ['s/./& /g']],
    ['sed', ['s/./&\\n/g']],
    ['base32', []],
    ['base32', ['-w', '12']],
    ['base64', ['-w', '9']],
  ])('is seen and taken out, as %s %j writes it', (program, args) => {
    const written = run(program, args, TOKEN);
    expect(watch.in(Buffer.from(written, 'latin1'))).toEqual(['TOKEN']);
    const { text, known } = redactor.text(`before ${written} after`);
    expect(known).toEqual({ TOKEN: 1 });
    const left = text.replace('[redacted:token]', '').replaceAll(/\s/g, '');
    expect(left.length).toBeLessThan('beforeafter'.length + 16);
  });

  it('is seen in part: any 32 bytes of what is secret', () => {
    const long = expandSample('<alnum:90>');
    const sees = watchFor([{ name: 'LONG', value: long }]);
    for (let at = 0; at + 32 <= long.length; at++) {
      const apart = [...long.slice(at, at + 32)].join(' ');
      expect([at, sees.in(Buffer.from(apart))]).toEqual([at, ['LONG']]);
    }
  });

  it('is seen up to so much white space in one place, and no further', () => {
    const apart = (blank: number) => Buffer.from([...TOKEN].join('\n'.repeat(blank)));
    expect(watch.in(apart(WIDEST_BLANK))).toEqual(['TOKEN']);
    expect(watch.in(apart(WIDEST_BLANK + 1))).toEqual([]);
  });

  it('is not seen in what is not it', () => {
    const short = watchFor([{ name: 'S', value: 'hunter2' }]);
    expect(short.in(Buffer.from('h u n t e r 2'))).toEqual([]);
    expect(watch.in(Buffer.from([...TOKEN.slice(0, 14)].join(' ')))).toEqual([]);
  });

  it('goes the same way however the bytes are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        [...TOKEN].join(' '),
        run('fold', ['-w', '7'], TOKEN),
        TOKEN,
        'x '.repeat(3000),
        '\n\n\n',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(9000), { maxLength: 8 }),
        (pieces, cuts) => {
          const bytes = Buffer.from(pieces.join(''), 'latin1');
          const stream = redactor.stream();
          const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
            (a, b) => a - b,
          );
          const out = places.slice(1).map((end, index) => stream.push(bytes.subarray(places[index], end)));
          const { rest, ...tally } = stream.end();
          const text = Buffer.concat([...out, rest]).toString('latin1');
          expect({ ...tally, text }).toEqual(redactor.text(bytes.toString('latin1')));
        },
      ),
      { numRuns: 100 },
    );
  });
});
