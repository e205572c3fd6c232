import { DrylaneError } from '@drylane/proto/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareRules } from '../redact/finder.ts';
import type { KnownSecret } from '../redact/known.ts';
import { createRedactor } from '../redact/redact.ts';
import { MAX_DEPTH, MAX_ENTRIES, MAX_LINE, MAX_TEXT } from './clean.ts';
import { createLogger, LOG_LEVELS, type LogLevel } from './logger.ts';

const RULES = prepareRules();
const NOW = new Date('2026-11-21T08:00:00.000Z');
const RUN = 'run_01ARZ3NDEKTSV4RRFFQ69G5FAV';

/** A logger whose lines are kept, and what it has written so far. */
function keptLogger(known: readonly KnownSecret[] = [], level: LogLevel = 'debug') {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line), flush: async () => {} };
  const redactor = createRedactor(known, RULES);
  return { log: createLogger({ service: 'worker', level, redactor, sink, now: () => NOW }), lines };
}

function onlyLine(lines: readonly string[]): Record<string, unknown> {
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

/** Every text in a value, names too. */
function textsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.entries(value).flatMap(([key, entry]) => [key, ...textsOf(entry)]);
}

describe('a log line', () => {
  it('is JSON with the service, the run, the stage, the fields and the message', () => {
    const { log, lines } = keptLogger();
    log.about({ run: RUN }).about({ stage: 'compare' }).info('a job has ended', { ms: 12 });
    expect(lines).toEqual([
      `{"level":"info","time":"2026-11-21T08:00:00.000Z","service":"worker","run":"${RUN}","stage":"compare","ms":12,"msg":"a job has ended"}\n`,
    ]);
  });

  it.each(LOG_LEVELS)('is written at level %s when it weighs as much or more', (level) => {
    const { log, lines } = keptLogger([], level);
    for (const each of LOG_LEVELS) log[each]('something happened');
    const written = lines.map((line) => JSON.parse(line).level);
    expect(written).toEqual(LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)));
  });

  it('has a static message: the compiler takes no text that comes from outside', () => {
    const { log, lines } = keptLogger();
    const outside: string = 'rm -rf %s';
    const either = lines.length === 0 ? 'none so far' : 'some so far';
    log.info(either);
    // @ts-expect-error a variable text
    log.info(outside);
    // @ts-expect-error a text with one inside
    log.info(`ran ${outside}`);
    expect(lines).toHaveLength(3);
  });

  it('has each of its own words once, whatever the fields are called', () => {
    const { log, lines } = keptLogger();
    const words = ['level', 'time', 'service', 'run', 'stage', 'msg'];
    log
      .about({ run: RUN, stage: 'compare' })
      .warn('true words', Object.fromEntries(words.map((word) => [word, 'forged'])));
    expect(onlyLine(lines)).toMatchObject({
      level: 'warn',
      service: 'worker',
      run: RUN,
      stage: 'compare',
      msg: 'true words',
    });
    for (const word of words) expect(lines[0]?.split(`"${word}":`)).toHaveLength(2);
  });

  it('tells of a fault of ours the code and the problems, of another where it was thrown, and the causes', () => {
    const { log, lines } = keptLogger();
    const problem = { field: 'command', message: 'is empty', mend: 'write one' };
    const cause = Object.assign(new TypeError('no such socket'), { code: 'ENOENT' });
    log.error('a job broke', { fault: new DrylaneError('bad-input', problem, { cause }) });
    expect(onlyLine(lines)).toMatchObject({
      fault: {
        code: 'bad-input',
        problems: [problem],
        cause: {
          name: 'TypeError',
          message: 'no such socket',
          code: 'ENOENT',
          stack: expect.stringContaining('logger.test.ts'),
        },
      },
    });
  });

  it('is bounded, whatever it is given', () => {
    const { log, lines } = keptLogger();
    const deep: Record<string, unknown> = {};
    deep.itself = deep;
    log.info('much', {
      long: 'x'.repeat(10_000_000),
      list: Array.from({ length: 1_000_000 }, (_, i) => i),
      deep,
      bytes: Buffer.alloc(1_000_000),
      wide: Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => ['y'.repeat(1000)])),
    });
    const line = onlyLine(lines);
    expect(String(line.long)).toHaveLength(MAX_TEXT + '… (10000000 characters)'.length);
    expect(line.list).toHaveLength(MAX_ENTRIES + 1);
    expect(JSON.stringify(line.deep).match(/itself/g)).toHaveLength(MAX_DEPTH - 1);
    expect(line.bytes).toBe('(1000000 bytes)');
    expect(JSON.stringify(line.wide)).toContain('(left out)');
    expect(lines[0]?.length).toBeLessThan(2 * MAX_LINE);
  });

  it('is one line of JSON that does nothing to a terminal, whatever it is given; and nothing is thrown', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withObjectString: true,
    });
    const harm = fc.constantFrom(...'\x1b\x9b\x7f\u202e\u2028\u200b\ud800"\\\n\0a');
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: harm }),
      fc.constant('\u202e'.repeat(20_000)),
    );
    fc.assert(
      fc.property(fc.dictionary(hostile, fc.oneof(anything, hostile)), hostile, (fields, run) => {
        const { log, lines } = keptLogger();
        log.about({ run }).info('whatever it is', fields);
        const line = lines[0] ?? '';
        expect(onlyLine(lines)).toMatchObject({ level: 'info', msg: 'whatever it is' });
        expect(line.slice(0, -1)).not.toMatch(
          /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u,
        );
        expect(line.at(-1)).toBe('\n');
      }),
    );
  });

  it('says that it withholds its fields where they cannot be read', () => {
    const broken: (() => object)[] = [
      () => ({
        get trap(): string {
          throw new Error('sprung');
        },
      }),
      () =>
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('sprung');
            },
          },
        ),
      () => ({
        list: new Proxy([1], {
          get: () => {
            throw new Error('sprung');
          },
        }),
      }),
    ];
    for (const make of broken) {
      const { log, lines } = keptLogger();
      log.error('a trap', { ...Object.create(null), field: make() });
      expect(onlyLine(lines)).toEqual({ level: 'error', service: 'worker', withheld: true, msg: 'a trap' });
    }
  });
});

describe('a secret in a log line', () => {
  /** Every place in which a value can be handed to the logger. */
  const PLACES: Readonly<Record<string, (secret: string) => Readonly<Record<string, unknown>>>> = {
    text: (secret) => ({ text: secret }),
    'text with more around it': (secret) => ({ text: `ran\ncurl -H "Authorization: ${secret}"\n` }),
    name: (secret) => ({ inner: { [secret]: 1 } }),
    'name of a field': (secret) => ({ [secret]: 1 }),
    list: (secret) => ({ argv: ['curl', ['-u', secret]] }),
    mapping: (secret) => ({ env: new Map([['X', { Y: secret }]]) }),
    set: (secret) => ({ set: new Set([secret]) }),
    address: (secret) => ({ url: new URL(`https://user:${encodeURIComponent(secret)}@host/`) }),
    message: (secret) => ({ fault: new Error(`could not log in with ${secret}`) }),
    cause: (secret) => ({ fault: new Error('x', { cause: new Error('y', { cause: secret }) }) }),
    problem: (secret) => ({
      fault: new DrylaneError('bad-input', { field: secret, message: secret, mend: secret }),
    }),
    'text that is cut inside it': (secret) => ({
      text: `${'x '.repeat(MAX_TEXT / 2 - 5)}${secret}${' x'.repeat(9000)}`,
    }),
    'text whose look ends inside it': (secret) => ({
      text: `${'x '.repeat(MAX_TEXT / 2 + 2040)}${secret}${' x'.repeat(9000)}`,
    }),
    run: () => ({}),
  };

  it.each(Object.entries(PLACES))('is taken out of a %s', (_, fieldsWith) => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/]{24,60}$/), (secret) => {
        const { log, lines } = keptLogger([{ name: 'DEPLOY_KEY', value: secret }]);
        log.about({ run: secret, stage: secret }).info('all was said', fieldsWith(secret));
        const line = onlyLine(lines);
        expect(line.msg).toBe('all was said');
        expect(line.run).toBe('[redacted:deploy-key]');
        for (const text of textsOf(line))
          for (let at = 0; at + 24 <= secret.length; at += 8)
            expect(text).not.toContain(secret.slice(at, at + 24));
      }),
      { numRuns: 25 },
    );
  });

  it('is not left in part where a text is cut, though labels are shorter than what they stand for', () => {
    const value = 'Kq3vTz8mWx1cRb6nYd4jLf9sHg2pUeZk7wQy5tXo0iBa3rNc8vMh1uJf6lDs';
    const { log, lines } = keptLogger([{ name: 'DEPLOY_KEY', value }]);
    for (let shift = 0; shift <= value.length; shift++)
      log.info('many of them', { text: `${'x'.repeat(shift)}${` ${value}`.repeat(1000)}` });
    for (const line of lines) expect(line).not.toContain(value.slice(0, 6));
  });

  it('is taken out of a number', () => {
    const { log, lines } = keptLogger([{ name: 'PIN', value: '74109823' }]);
    log.info('a number', { pin: 74_109_823, big: 74_109_823n, other: 74_109_824 });
    expect(onlyLine(lines)).toMatchObject({
      pin: '[redacted:pin]',
      big: '[redacted:pin]',
      other: 74_109_824,
    });
  });

  it('is known by the name that it stands under, and by its form', () => {
    const { log, lines } = keptLogger();
    log.info('forms', {
      password: 'hunter2-Hunter2',
      note: `AKIA${'Z7QJ2MWX4PLNTC5V'}`,
      name: 'hunter2-Hunter2',
    });
    expect(onlyLine(lines)).toMatchObject({
      password: '[redacted:assigned-secret]',
      note: expect.stringMatching(/^\[redacted:/),
      name: 'hunter2-Hunter2',
    });
  });

  it('that only the whole line shows costs the line its fields, and the line stays JSON', () => {
    for (const value of [
      '"a","b":"c"',
      'one","two',
      '2,"second":3',
      '08:00:00.000Z","service":"wor',
      'service',
      'been said',
    ]) {
      const { log, lines } = keptLogger([{ name: 'ODD', value }]);
      log.info('it has been said', {
        x: 'a',
        b: 'c',
        y: 'one',
        two: 'two',
        first: 2,
        second: 3,
        z: ['one', 'two'],
      });
      expect(onlyLine(lines)).toBeTypeOf('object');
      expect(lines[0]).not.toContain(value);
    }
  });
});
