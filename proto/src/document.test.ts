import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkAs, MAX_DOCUMENT_BYTES, MAX_PROBLEMS, parseDocumentAs, problemsOf } from './document.ts';
import { Envelope } from './envelope.ts';
import { DrylaneError, type Problem } from './errors.ts';
import { Policy } from './policy.ts';

const KIND = { name: 'envelope.yaml', code: 'bad-input' } as const;

function problemsIn(source: Uint8Array | string, schema: z.ZodType = Envelope): readonly Problem[] {
  try {
    parseDocumentAs(schema, Buffer.from(source), KIND);
    return [];
  } catch (error) {
    if (!(error instanceof DrylaneError)) throw error;
    expect(error.code).toBe('bad-input');
    return error.problems;
  }
}

const MINIMAL = 'command: ls\nworking_dir: /w\nintent: { mode: read-only }\n';

describe('reading a document', () => {
  it('refuses more than 1 MiB before looking at it', () => {
    expect(problemsIn(Buffer.alloc(MAX_DOCUMENT_BYTES + 1, '['))).toEqual([
      expect.objectContaining({ field: 'envelope.yaml', message: expect.stringContaining('1048577 bytes') }),
    ]);
    expect(problemsIn(`${MINIMAL}#${' '.repeat(MAX_DOCUMENT_BYTES - MINIMAL.length - 1)}`)).toEqual([]);
  });

  it('refuses what is not UTF-8, and a NUL byte', () => {
    expect(problemsIn(Buffer.from([0x61, 0xff]))).toMatchObject([{ message: 'is not UTF-8' }]);
    expect(problemsIn(`${MINIMAL}\0`)).toMatchObject([{ message: 'holds a NUL byte' }]);
  });

  it('reads a view into a larger buffer as that view alone', () => {
    const whole = Buffer.from(`xx${MINIMAL}yy`);
    expect(problemsIn(whole.subarray(2, -2))).toEqual([]);
  });

  it('gives back own objects without inherited surprises', () => {
    const source = `${MINIMAL}env: { toString: a, valueOf: b, hasOwnProperty: c }`;
    const { env } = parseDocumentAs(Envelope, Buffer.from(source), KIND);
    expect(Object.entries(env ?? {})).toEqual([
      ['toString', 'a'],
      ['valueOf', 'b'],
      ['hasOwnProperty', 'c'],
    ]);
  });

  it('never repeats a value, which may be a secret', () => {
    const secret = 'hunter2-hunter2';
    const source = `command: [${secret}]\nworking_dir: ${secret}\nimage: -${secret}\nenv: { A: { B: ${secret} } }\nintent: { mode: ${secret}, credentials: [ "=${secret}" ] }`;
    const problems = problemsIn(source);
    expect(problems.length).toBeGreaterThan(4);
    expect(JSON.stringify(problems)).not.toContain(secret);
  });

  it('names at most twenty problems and says that there are more', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => `unknown${i}: 1`).join('\n');
    const problems = problemsIn(MINIMAL + keys);
    expect(problems).toHaveLength(MAX_PROBLEMS + 1);
    expect(problems.at(-1)).toMatchObject({ message: 'has more problems' });
  });
});

const N = MAX_DOCUMENT_BYTES - 16;
const repeat = (unit: string): string => unit.repeat(Math.floor(N / unit.length));
const many = (line: (i: number) => string): string =>
  Array.from({ length: 60_000 }, (_, i) => line(i))
    .join('')
    .slice(0, N);

describe('a document made to hang its reader', () => {
  it.each([
    ['brackets', repeat('[')],
    ['braces', repeat('{')],
    ['nested flow mappings', repeat('{a: ')],
    ['nested lists', repeat('- ')],
    ['nested keys', repeat('? ')],
    ['colons', repeat(': ')],
    ['blank lines', `a:${repeat('\n')}`],
    ['comments', repeat('#\n')],
    ['commas', repeat(',')],
    ['closing brackets', repeat(']')],
    ['many keys', many((i) => `key${i}: 1\n`)],
    ['many flow keys', `{${many((i) => `key${i}: 1,`)}`],
    ['the same key', repeat('a: 1\n')],
    ['tags', repeat('- !a b\n')],
    ['anchors', repeat('&a ')],
    ['aliases', `[ &a b, ${repeat('*a, ')}`],
    ['directives', repeat('%A b\n')],
    ['documents', repeat('---\n')],
    ['steps of indentation', Array.from({ length: 1400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['a long folded text', `a: "x\n${repeat(' x\n')}"`],
    ['fewer brackets than the cap on tokens', '['.repeat(45_000)],
    ['fewer nested lists than the cap', '- '.repeat(22_000)],
    ['fewer nested keys than the cap', '? '.repeat(22_000)],
    ['fewer keys than the cap', Array.from({ length: 9000 }, (_, i) => `key${i}: 1\n`).join('')],
    ['a long escaped tag', `a: !<${repeat('%41')}> b`],
  ])('is refused: %s', (_, source) => {
    expect(problemsIn(source).length).toBeGreaterThan(0);
  });
});

const yamlish = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'command',
        'intent',
        'mode',
        'mutating',
        ': ',
        '\n',
        '  ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        ',',
      ),
      fc.constantFrom(
        '"',
        "'",
        '|',
        '>',
        '&a',
        '*a',
        '!t',
        '? ',
        '%',
        '#',
        '---',
        '\t',
        '<<',
        '__proto__',
        '~',
      ),
      fc.constantFrom('1e999', '.nan', '0x10', '\\ud800', '😀', '\u0085', '\ufeff', '\r'),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('whatever the bytes are', () => {
  it.each([
    ['envelope', Envelope],
    ['policy', Policy],
  ])('reading an %s throws nothing but DrylaneError, with printable problems', (_, schema) => {
    const sources = fc.oneof(fc.uint8Array({ maxLength: 200 }), yamlish, fc.json());
    fc.assert(
      fc.property(sources, (source) => {
        for (const { field, message, mend } of problemsIn(source as string, schema))
          expect(`${field}${message}${mend}`).toMatch(/^[ -~…→]+$/);
      }),
      { numRuns: 500 },
    );
  });

  it('a document without unknown fields keeps every value as it was written', () => {
    const strings = z.record(z.string().regex(/^k/), z.string());
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().map((s) => `k${s}`),
          fc.string(),
        ),
        (value) => {
          const source = JSON.stringify(value);
          fc.pre(!/\\ud[89a-f]|\u0000/.test(source));
          expect(parseDocumentAs(strings, Buffer.from(source), KIND)).toEqual(value);
        },
      ),
    );
  });
});

describe('problems of a failed check', () => {
  it('give dotted paths where there is no document', () => {
    const result = Envelope.safeParse(
      { command: 'ls', working_dir: '/w', intent: { mode: 1 } },
      { reportInput: true },
    );
    expect(result.error && problemsOf(result.error)).toEqual([
      {
        field: 'intent.mode',
        message: 'must be one of: read-only, mutating',
        mend: 'write read-only or mutating',
      },
    ]);
  });

  it('are the same, less exactly put, where the check did not report its input', () => {
    const result = Envelope.safeParse({ command: 1, working_dir: '/w' });
    expect(result.error && problemsOf(result.error)).toMatchObject([
      { field: 'command', message: 'Invalid input: expected string, received number', mend: 'write text' },
      { field: 'intent', mend: 'write a mapping of fields' },
    ]);
  });

  it('stand for the whole document where there is no path', () => {
    const result = z.string().safeParse(1, { reportInput: true });
    expect(result.error && problemsOf(result.error)).toMatchObject([{ field: '(whole document)' }]);
  });
});

describe('checking a value that is in memory', () => {
  it('gives the value, or every problem with its mend', () => {
    expect(checkAs(z.string(), 'x', 'internal')).toBe('x');
    const check = () => checkAs(Envelope, { comand: 'ls', working_dir: 1, intent: {} }, 'bad-input');
    expect(check).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        problems: [
          { field: 'command', message: 'is missing', mend: 'add it, as text' },
          { field: 'working_dir', message: 'is a number, and must be text', mend: 'put quotes around it' },
          { field: 'intent.mode', message: 'is missing', mend: 'add it, as read-only or mutating' },
          { field: 'comand', message: 'is not a field that is known here', mend: 'did you mean command?' },
        ],
      }),
    );
  });
});
