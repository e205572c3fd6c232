import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrylaneError, type Problem } from '@drylane/proto/errors';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRedactor } from '../redact/redact.ts';
import { type Environment, readConfig } from './config.ts';
import { MAX_SECRET_BYTES } from './secret-file.ts';
import { DurationMs, Flag, Port, wholeNumber } from './values.ts';

const Config = z.object({
  LANE_PORT: Port.default(8080),
  LANE_WORKERS: wholeNumber(1, 64).default(2).describe('how many jobs at once, from 1 to 64'),
  LANE_GRACE: DurationMs.default(30_000),
  LANE_VERBOSE: Flag.default(false),
  LANE_QUEUE: z.url().describe('where the queue is, such as redis://:password@queue:6379'),
  LANE_KEY: z.string().min(16).optional(),
  LANE_MODE: z.enum(['one', 'many']).default('one'),
});
const OPTIONS = {
  prefix: 'LANE_',
  secrets: { LANE_QUEUE: 'address', LANE_KEY: 'value' },
  others: ['LANE_RUNTIME'],
} as const;
const LEAST = { LANE_QUEUE: 'redis://queue:6379' };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function read(environment: Environment) {
  return readConfig(Config, environment, OPTIONS);
}

function fileOf(content: string | Uint8Array, name = 'secret'): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function problemsOf(environment: Environment): readonly Problem[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof DrylaneError && error.code === 'bad-input') return error.problems;
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  it('takes what is set, and the defaults of what is not', () => {
    const { config } = read({
      ...LEAST,
      LANE_PORT: '9000',
      LANE_GRACE: '2m',
      LANE_VERBOSE: 'true',
      PATH: '/bin',
    });
    expect(config).toEqual({
      LANE_PORT: 9000,
      LANE_WORKERS: 2,
      LANE_GRACE: 120_000,
      LANE_VERBOSE: true,
      LANE_QUEUE: 'redis://queue:6379',
      LANE_MODE: 'one',
    });
  });

  it('says everything that is wrong at once, by variable, each with a mend', () => {
    const problems = problemsOf({
      LANE_PORT: '70000',
      LANE_WORKERS: 'four',
      LANE_GRACE: '30',
      LANE_VERBOSE: 'yes',
      LANE_KEY: 'only-short',
      LANE_MODE: 'mani',
      LANE_PROT: '80',
    });
    expect(problems.map(({ field, mend }) => [field, mend])).toEqual([
      ['LANE_PORT', 'make it at most 65535'],
      ['LANE_WORKERS', expect.any(String)],
      ['LANE_GRACE', 'write it as 60s'],
      ['LANE_VERBOSE', 'write true or false'],
      [
        'LANE_QUEUE',
        'set it: where the queue is, such as redis://:password@queue:6379, or name a file that holds it in LANE_QUEUE_FILE',
      ],
      ['LANE_KEY', 'give it at least 16 characters'],
      ['LANE_MODE', 'did you mean many?'],
      ['LANE_PROT', 'did you mean LANE_PORT?'],
    ]);
    for (const { message, mend } of problems) expect([message, mend]).not.toContain('');
  });

  it.each(Object.keys(Config.shape))('refuses an empty %s, and takes it for no absence', (name) => {
    expect(problemsOf({ ...LEAST, [name]: '' })).toEqual([
      { field: name, message: 'is empty', mend: 'give it a value, or remove it' },
    ]);
  });

  it('refuses a variable of its prefix that it does not know, and lets others alone', () => {
    const others = { ...LEAST, LANE_RUNTIME: 'runsc', HOME: '/root', lane_port: 'x' };
    expect(problemsOf(others)).toEqual([]);
    expect(problemsOf({ ...others, LANE_ZZZZZZZZ: '', LANE_PORT_FILE: '/etc/port' })).toMatchObject([
      { field: 'LANE_ZZZZZZZZ', mend: 'remove it' },
      { field: 'LANE_PORT_FILE' },
    ]);
  });

  it('keeps what a schema says of several variables together', () => {
    const schema = z
      .object({ LANE_MIN: wholeNumber(0, 9), LANE_MAX: wholeNumber(0, 9) })
      .refine((c) => c.LANE_MIN <= c.LANE_MAX, { message: 'must not be above LANE_MAX', path: ['LANE_MIN'] });
    const options = { prefix: 'LANE_', secrets: {} };
    expect(readConfig(schema, { LANE_MIN: '1', LANE_MAX: '2' }, options).config).toEqual({
      LANE_MIN: 1,
      LANE_MAX: 2,
    });
    expect(() => readConfig(schema, { LANE_MIN: '3', LANE_MAX: '2' }, options)).toThrow(
      'LANE_MIN: must not be above LANE_MAX',
    );
    const whole = z.object({ LANE_MIN: Port }).refine(() => false, 'must make sense');
    expect(() => readConfig(whole, { LANE_MIN: '3' }, options)).toThrow('environment: must make sense');
  });

  it('throws nothing but bad-input, whatever the environment holds', () => {
    const names = fc.constantFrom(
      ...Object.keys(Config.shape),
      'LANE_QUEUE_FILE',
      'LANE_KEY_FILE',
      '__proto__',
      'LANE___proto__',
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.oneof(
            names,
            fc.string().map((s) => `LANE_${s}`),
          ),
          fc.string(),
        ),
        (environment) => {
          problemsOf(environment);
        },
      ),
    );
  });
});

describe('a secret', () => {
  it('comes from its variable or from the file that NAME_FILE names, without the last newline', () => {
    const key = 'two words\nand a line';
    for (const environment of [
      { LANE_KEY: key },
      { LANE_KEY_FILE: fileOf(key) },
      { LANE_KEY_FILE: fileOf(`${key}\r\n`) },
    ]) {
      const { config, secrets } = read({ ...LEAST, ...environment });
      expect(config.LANE_KEY).toBe(key);
      expect(secrets).toEqual([{ name: 'LANE_KEY', value: key }]);
    }
  });

  it('is refused when variable and file are both set', () => {
    const both = { ...LEAST, LANE_KEY: 'x'.repeat(16), LANE_KEY_FILE: fileOf('y'.repeat(16)) };
    expect(problemsOf(both)).toMatchObject([{ field: 'LANE_KEY_FILE', mend: 'remove one of the two' }]);
  });

  it('is refused, and does not hang or run away, where the file is no small text file', () => {
    mkdirSync(join(directory, 'folder'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    const cases: [string, string][] = [
      [join(directory, 'absent'), 'names a file that cannot be read (ENOENT)'],
      ['', 'names a file that cannot be read (ENOENT)'],
      ['a\0b', 'names a file that cannot be read (ERR_INVALID_ARG_VALUE)'],
      [join(directory, 'folder'), 'names something that is not a regular file'],
      [join(directory, 'fifo'), 'names something that is not a regular file'],
      ['/dev/zero', 'names something that is not a regular file'],
      [
        fileOf('x'.repeat(MAX_SECRET_BYTES + 1), 'big'),
        `names a file of more than ${MAX_SECRET_BYTES} bytes`,
      ],
      [fileOf(Uint8Array.of(0x70, 0xff, 0xfe), 'binary'), 'names a file that is not UTF-8 text'],
      [fileOf('\n', 'empty'), 'names a file that is empty'],
    ];
    for (const [path, message] of cases)
      expect(problemsOf({ ...LEAST, LANE_KEY_FILE: path })).toMatchObject([
        { field: 'LANE_KEY_FILE', message },
      ]);
  });

  it('of an address is its password and the tokens in it, and not its host', () => {
    const known = (address: string) => read({ LANE_QUEUE: address }).secrets.map(({ value }) => value);
    expect(known('redis://queue:6379/0')).toEqual([]);
    expect(known('redis://:p%40ssw0rd@queue:6379')).toEqual(['p@ssw0rd']);
    expect(known('redis://user:p%ssw0rd@queue')).toEqual(['p%ssw0rd']);
    expect(known('postgres://db/runs?sslmode=require&password=hunter2-hunter2')).toEqual(['hunter2-hunter2']);
  });

  it('is refused where it is too short to be kept out of logs', () => {
    expect(problemsOf({ LANE_QUEUE: 'redis://:12345@queue' })).toMatchObject([
      { field: 'LANE_QUEUE', mend: 'choose a longer one' },
    ]);
  });

  it('stands in no error, whatever else is wrong, even where a schema repeats it', () => {
    const telltale = z.object({
      LANE_KEY: z
        .string()
        .refine(() => false, { error: ({ input }) => `is ${String(input)}, which will not do` }),
      LANE_QUEUE: z.url(),
    });
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]{12,40}$/), fc.boolean(), (secret, inFile) => {
        const key: Environment = inFile ? { LANE_KEY_FILE: fileOf(secret) } : { LANE_KEY: secret };
        const environment = { ...key, LANE_QUEUE: `redis://:${secret}x@[bad`, LANE_PORT: secret };
        const messages = [Config, telltale].map((schema) => {
          try {
            readConfig<z.ZodObject>(schema, environment, OPTIONS);
            return 'nothing was thrown';
          } catch (error) {
            return error instanceof DrylaneError
              ? JSON.stringify([error.message, error.problems])
              : String(error);
          }
        });
        for (const message of messages) {
          expect(message).toContain('LANE_QUEUE');
          expect(message).not.toContain(secret);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is taken out of texts by a redactor that is given what the configuration answers', () => {
    const { secrets } = read({ LANE_QUEUE: 'redis://:correct-horse@queue', LANE_KEY: 'battery-staple-xy' });
    const { text } = createRedactor(secrets).text('correct-horse battery-staple-xy');
    expect(text).toBe('[redacted:lane-queue] [redacted:lane-key]');
  });
});
