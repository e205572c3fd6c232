import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, type Redactor } from './redact.ts';
import { expandSample } from './samples.ts';

const VALUE = 'correct-horse/battery+staple';
const redactor = createRedactor([
  { name: 'GITHUB_TOKEN', value: VALUE },
  { name: 'short', value: 'abcde' },
]);

describe('known values', () => {
  it('go, under the name they are known by', () => {
    expect(redactor.text(`a ${VALUE} b${VALUE}${VALUE}`)).toEqual({
      text: 'a [redacted:github-token] b[redacted:github-token][redacted:github-token]',
      redactions: 3,
      kinds: { 'github-token': 3 },
      known: { GITHUB_TOKEN: 3 },
    });
  });

  it('are found whatever a byte-wise encoding did to them', () => {
    const quoted = createRedactor([{ name: 'pw', value: 'sé"cr\\et\nline' }]);
    expect(quoted.text(JSON.stringify({ out: 'sé"cr\\et\nline' })).text).toBe('{"out":"[redacted:pw]"}');
    expect(redactor.text(`?q=${encodeURIComponent(VALUE)}&x`).text).toBe('?q=[redacted:github-token]&x');
    for (const before of ['', 'u', 'u:', 'us:']) {
      const encoded = Buffer.from(`${before}${VALUE}!`).toString('base64');
      expect(redactor.text(encoded).kinds).toEqual({ 'github-token': 1 });
      expect(redactor.text(Buffer.from(`${before}${VALUE}`).toString('base64url')).kinds).toEqual({
        'github-token': 1,
      });
    }
  });

  it('shorter than six characters are ignored', () => {
    expect(redactor.text('abcde abcdef').redactions).toBe(0);
  });

  it('that share a beginning are told apart, and differ by case', () => {
    const two = createRedactor([
      { name: 'one', value: 'prefix-prefix-prefix-1' },
      { name: 'two', value: 'prefix-prefix-prefix-2' },
    ]);
    expect(two.text('prefix-prefix-prefix-2 prefix-prefix-prefix-1 PREFIX-prefix-prefix-1').text).toBe(
      '[redacted:two] [redacted:one] PREFIX-prefix-prefix-1',
    );
  });

  it('name what a rule sees, too', () => {
    const token = expandSample('ghp_<alnum:36>');
    const knows = createRedactor([{ name: 'CI Bot!', value: token }]);
    expect(knows.text(`Authorization: Bearer ${token}`).text).toBe('Authorization: Bearer [redacted:ci-bot]');
  });

  it('are found wherever a stream is cut', () => {
    const text = Buffer.from(`before ${VALUE} after`);
    for (let cut = 0; cut <= text.length; cut++) {
      expect(inChunks(redactor, [text.subarray(0, cut), text.subarray(cut)]).text).toBe(
        'before [redacted:github-token] after',
      );
    }
  });
});

function inChunks(from: Redactor, chunks: readonly Uint8Array[]) {
  const stream = from.stream();
  const out = chunks.map((chunk) => stream.push(chunk));
  const { rest, ...tally } = stream.end();
  return { ...tally, text: Buffer.concat([...out, rest]).toString('latin1') };
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const piece = fc.oneof(
  fc.constantFrom(
    VALUE,
    'token=',
    'key: "',
    '"',
    '\n',
    ' ',
    '://u:',
    '@h/',
    'a'.repeat(700),
    ' lorem ipsum dolor '.repeat(300),
    `key=${expandSample('<alnum:60>').repeat(200)}`,
    `-----BEGIN PRIVATE KEY-----\n${expandSample('<b64:64>\n').repeat(40)}`,
    '-----END PRIVATE KEY-----',
    expandSample('ghp_<alnum:36>'),
    expandSample('1234567890123456|<alnum:27>'),
    expandSample('https://bob:<alnum:12>@h.example.com/'),
    'curl -k \\\n -u bob:h4rdt0guess https://h',
    'eyJhbGciOiJIUzI1NiJ9.',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
);

describe('a stream', () => {
  it('gives the same whatever chunks it comes in', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(40_000), { maxLength: 12 }),
        (pieces, cuts) => {
          const bytes = Buffer.from(pieces.join(''));
          const whole = inChunks(redactor, [bytes]);
          expect(inChunks(redactor, cutAt(bytes, cuts))).toEqual(whole);
          expect(redactor.text(bytes.toString('utf8'))).toEqual({
            ...whole,
            text: Buffer.from(whole.text, 'latin1').toString(),
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives the same byte by byte', () => {
    const bytes = Buffer.from(
      `${'x '.repeat(3000)}token = "${expandSample('<alnum:40>')}" ${VALUE} ${'y '.repeat(3000)}`,
    );
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(inChunks(redactor, single)).toEqual(inChunks(redactor, [bytes]));
  });

  it('keeps bytes that are not UTF-8, and everything else that is no secret', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        expect(inChunks(createdOnce, [bytes]).text).toBe(Buffer.from(bytes).toString('latin1'));
      }),
    );
  });

  it('does not keep what it was given: the caller may use its buffer again', () => {
    const stream = redactor.stream();
    const chunk = Buffer.from('first ');
    const out = [stream.push(chunk)];
    chunk.fill('x');
    out.push(stream.end().rest);
    expect(Buffer.concat(out).toString()).toBe('first ');
  });

  it.each([
    ['a flood without a newline', 'a'],
    ['one token that never ends', 'token=7Zk'],
    ['a key that never ends', '-----BEGIN PRIVATE KEY-----\n'],
  ])('holds no more than some kilobytes of %s', (_, beginning) => {
    const stream = redactor.stream();
    const megabyte = Buffer.alloc(1_000_000, 'aB3');
    let written = stream.push(Buffer.from(beginning)).length;
    for (let i = 0; i < 20; i++) written += stream.push(megabyte).length;
    const { rest, redactions } = stream.end();
    expect(rest.length).toBeLessThan(100_000);
    if (redactions === 0) expect(written + rest.length).toBe(20_000_000 + beginning.length);
  });

  it('takes out the whole of a secret that is longer than any rule looks', () => {
    const secret = expandSample('<alnum:60>').repeat(5000);
    expect(inChunks(redactor, [Buffer.from(`API_TOKEN=${secret} end`)]).text).toBe(
      'API_TOKEN=[redacted:assigned-secret] end',
    );
    expect(inChunks(redactor, [Buffer.from(`{"api_token":"${secret}","a":1}`)]).text).toBe(
      '{"api_token":"[redacted:assigned-secret]","a":1}',
    );
  });
});

const createdOnce = createRedactor([]);

describe('time', () => {
  it.each([
    'key=',
    '-eyJhbGci',
    'curl ',
    'token:"',
    'kind: secret\n',
    'data:\n a: bbbbbbbbbbbbb\n',
    '-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAA\n',
    '://a:b',
    VALUE,
    'token=a1b2c3d4e5f6',
  ])('is bounded for a flood of %j', (unit) => {
    const flood = Buffer.from(unit.repeat(Math.ceil(100_000 / unit.length)));
    // Typically a tenth of a second; with a pattern that backtracks, it would not end.
    expect(inChunks(redactor, [flood])).toBeDefined();
  });
});
