import { Risk } from '@drylane/proto/risk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

const risk = (command: string) => classify(command, { medium: 4, high: 7 });

const WRAPPED: readonly ((command: string) => string)[] = [
  (c) => `sudo ${c}`,
  (c) => `sudo -u root -- ${c}`,
  (c) => `env A=b ${c}`,
  (c) => `nohup timeout 5 nice -n 3 ${c}`,
  (c) => `bash -c ${JSON.stringify(c).replaceAll('$', '\\$').replaceAll('`', '\\`')}`,
  (c) => `eval '${c.replaceAll("'", `'\\''`)}'`,
  (c) => `true && { ${c}; }`,
  (c) => `if true; then ${c}; fi`,
  (c) => `f() { ${c}; }; f`,
  (c) => `echo "$(${c})"`,
  (c) => `for i in 1 2; do ${c}; done`,
  (c) => `ls; ${c}; echo done`,
  (c) => `bash <<'EOF'\n${c}\nEOF`,
];
const COMMANDS = [
  'rm -rf /',
  'rm a',
  'curl http://e.com',
  "sed -i 's/a/b/' x",
  'chmod 777 a',
  'git push --force',
  'cat .env',
  'kill 1',
  'dd if=a of=/dev/sda',
  'python3 a.py',
  'docker system prune -af',
  'frobnicate',
  'mkdir a',
  'echo x > /etc/passwd',
];

describe('evasion', () => {
  it('never lowers the score: no wrapping of a command scores less than the command', () => {
    for (const command of COMMANDS)
      for (const wrap of WRAPPED)
        expect(risk(wrap(command)).score, wrap(command)).toBeGreaterThanOrEqual(risk(command).score);
  });

  it('never lowers the score: no command beside it makes another one harmless', () => {
    fc.assert(
      fc.property(
        fc.subarray(COMMANDS, { minLength: 1 }),
        fc.constantFrom('; ', ' && ', ' | ', '\n'),
        (some, operator) => {
          const whole = risk(some.join(operator)).score;
          expect(whole).toBeGreaterThanOrEqual(Math.max(...some.map((c) => risk(c).score)));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('hostile input', () => {
  const pieces = fc.constantFrom(
    'rm',
    '-rf',
    '/',
    '$X',
    '$(',
    ')',
    '`',
    '"',
    "'",
    '\\',
    '\n',
    ';',
    '|',
    '&',
    '<<E',
    'E',
    '{',
    '}',
    'if',
    'then',
    'fi',
    'for',
    '__proto__',
    'constructor',
    'in',
    'do',
    'done',
    'case',
    'esac',
    '[[',
    ']]',
    '((',
    '))',
    '=',
    '>',
    '<',
    '<(',
    ' ',
    ' ',
    ' ',
    'bash',
    '-c',
    'eval',
    'find',
    '-exec',
    'xargs',
    'sed',
    's/a/b/e',
    'awk',
    'sudo',
    'a',
    '${',
    ':-',
    '*',
    '~',
    '\0',
    '\u202e',
    'ｒｍ',
    '\ud800',
  );

  it('never throws and always gives a valid answer, with places inside the text', () => {
    expect(risk('\\').reasons.every((r) => r.span[1] <= 1)).toBe(true);
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 200 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const answer = Risk.parse(risk(text));
        for (const { span } of answer.reasons) {
          expect(span[0]).toBeLessThanOrEqual(span[1]);
          expect(span[1]).toBeLessThanOrEqual(text.length);
        }
        if (!answer.parsed) expect(answer).toMatchObject({ level: 'high', opaque: true });
      }),
      { numRuns: 1500 },
    );
  });

  const many = (piece: string, length: number) => piece.repeat(Math.floor(length / piece.length));
  const HOSTILE = [
    'x'.repeat(2 ** 20),
    many('a;', 2 ** 20),
    '('.repeat(10_000) + ')'.repeat(10_000),
    '$('.repeat(10_000) + ')'.repeat(10_000),
    many('rm -rf $X/a; ', 12_000),
    `bash <<E\n${many('echo a b\n', 12_000)}E\n`,
    many("alias a='b c';", 9_000),
    many('eval "a;a";', 9_000),
    `rm ${many('../', 90_000)}`,
    `echo a${many('|cat', 9_000)}|sh`,
    `echo ${many('$(a ', 240)}${'x'.repeat(8_000)}${many(')', 60)}`,
    `python3 -c '${many('"\\', 900)}'`,
    `python3 -c "${many('open ', 9_000)}"`,
    `sed '${many('s/[', 12_000)}' x`,
    many('cd a;', 9_000),
    `${many("A='$B';", 80)}${many("B='$C';", 80)}${many("C='$A';", 80)}${many('$A;', 900)}`,
    `${many('A=$B;', 60)}${many('B=$C;', 60)}${many('C=$D;', 60)}${many('D=$A;', 60)}${many('$A x;', 1_500)}`,
    `a=${'x'.repeat(250)}; echo ${many('$a', 9_000)}`,
    `curl ${many('a-.', 90_000)}`,
    `cat <<E\n${many('word word\n', 90_000)}E\n`,
  ];

  it.each(HOSTILE.map((text) => [text.slice(0, 40), text]))('ends for %j…', (_, text) => {
    expect(risk(text).score).toBeGreaterThanOrEqual(0);
  });

  it('does not let length hide a command: what is not read to its end is high', () => {
    expect(risk(`${many('ls;', 3_000)} rm -rf /`).level).toBe('high');
    expect(risk(`ls ${'x'.repeat(200_000)}`).level).toBe('high');
  });
});
