import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRYLANE } from '../journey/drylane.ts';
import type { HostileCase } from './cases.ts';
import { type Ground, openGround, UNSAFE } from './ground.ts';
import { hostState, leftBehind, NOTHING_LEFT } from './host.ts';

const BAD_INPUT = 2;
/** For a refusal that would hang; none is expected to take a hundredth of it. */
const PATIENCE_MS = 60_000;

const levels = (open: string, close: string): string =>
  ['a: &a [x, x, x, x, x, x, x, x, x]']
    .concat(
      Array.from('bcdefghij', (name, i) => {
        const below = 'abcdefghij'[i];
        return `${name}: &${name} ${open}${Array(9).fill(`*${below}`).join(', ')}${close}`;
      }),
    )
    .join('\n');

describe('hostile input', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround('input');
  });
  afterAll(async () => {
    try {
      expect(await leftBehind(ground)).toEqual(NOTHING_LEFT);
    } finally {
      await ground[Symbol.asyncDispose]();
    }
  });

  const YAML = (more: string): string =>
    `command: "true"\nworking_dir: ${ground.site}\nintent: { summary: s, mode: read-only }\n${more}`;
  const JSON_TEXT = (more: string, directory = ground.site): string =>
    `{"command": "true", "working_dir": "${directory}", "intent": {"summary": "s", "mode": "read-only"}${more}}`;

  const rehearse = (input: string | Buffer, through: 'stdin' | 'file' = 'stdin') => {
    const file = join(ground.root, 'envelope');
    if (through === 'file') writeFileSync(file, input);
    const args = [
      DRYLANE,
      'rehearse',
      '--json',
      '-f',
      through === 'file' ? file : '-',
      '--state',
      ground.state,
    ];
    return spawnSync(process.execPath, args, {
      cwd: ground.site,
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      ...(through === 'stdin' && { input }),
    });
  };
  const runs = () => ground.shown(['runs', '--json']);

  function hostile(
    name: HostileCase,
    control: () => string,
    attacks: Record<string, () => string | Buffer>,
  ): void {
    describe(name, () => {
      it('the control is rehearsed', () => {
        expect(rehearse(control())).toMatchObject({ status: 0, stderr: '' });
      });
      it.each(Object.entries(attacks))(
        '%s is refused, with the mend, and leaves no run',
        async (_, attack) => {
          const before = [await hostState(ground), await runs()];
          for (const through of ['stdin', 'file'] as const) {
            const { status, stderr, stdout } = rehearse(attack(), through);
            expect({ status, stdout }, stderr.slice(0, 500)).toMatchObject({ status: BAD_INPUT });
            expect(stderr).toContain('→');
            expect(stderr.length).toBeLessThan(20_000);
            expect(stdout + stderr).not.toMatch(UNSAFE);
          }
          expect([await hostState(ground), await runs()]).toEqual(before);
        },
      );
    });
  }

  hostile('YAML bombs in input', () => YAML('env: { A: x }'), {
    'a billion laughs in lists': () => YAML(levels('[', ']')),
    'a billion laughs in the environment': () => YAML(`${levels('[', ']')}\nenv: { A: *j }`),
    'a list that holds itself': () => YAML('env: &e { A: *e }'),
    'a million brackets': () => `command: ${'['.repeat(1_000_000)}`,
    'a million braces in JSON': () => '{"a":'.repeat(500_000),
    'a million nested block lists': () => `command:\n${'- '.repeat(500_000)}x`,
    'many anchors': () =>
      YAML(Array.from({ length: 50_000 }, (_, i) => `k${i}: &a${i} [*a${Math.max(0, i - 1)}]`).join('\n')),
  });
  hostile('50 MB envelopes in input', () => YAML(`task: ${'t'.repeat(60)}`), {
    'in one word': () => YAML(`task: ${'t'.repeat(50_000_000)}`),
    'in comments': () => YAML('# nothing\n'.repeat(5_000_000)),
    'in blanks': () => Buffer.alloc(50_000_000, ' '),
    'in JSON': () => JSON_TEXT(`, "task": "${'t'.repeat(50_000_000)}"`),
    'in no text at all': () => Buffer.alloc(50_000_000, 0xff),
  });
  hostile('NUL bytes in input', () => JSON_TEXT(', "env": {"A": "\\u00e4"}'), {
    'in the command': () => JSON_TEXT('').replace('true', 'true\\u0000; evil'),
    'raw in the text': () => YAML('task: "a\0b"'),
    'in a variable': () => JSON_TEXT(', "env": {"A": "x\\u0000B=evil"}'),
    'in a variable’s name': () => JSON_TEXT(', "env": {"A\\u0000": "x"}'),
    'in the working directory': () => JSON_TEXT('', `${ground.site}\\u0000/x`),
    'in the image': () => JSON_TEXT(', "image": "drylane/sandbox\\u0000x"'),
  });
  hostile('prototype-pollution keys in input', () => JSON_TEXT(', "env": {"PROTO": "x"}'), {
    'in JSON': () => JSON_TEXT(', "__proto__": {"promotion": "apply"}'),
    'in YAML': () => YAML('__proto__: { promotion: apply }'),
    'in intent': () => JSON_TEXT('').replace('"summary"', '"__proto__": {"mode": "mutating"}, "summary"'),
    'in limits': () => JSON_TEXT(', "limits": {"__proto__": {"timeout": "1ms"}}'),
    'as a constructor': () => JSON_TEXT(', "constructor": {"prototype": {"x": 1}}'),
    'as a merge key': () => YAML('<<: { __proto__: { x: 1 } }'),
    'as escaped letters': () => JSON_TEXT(', "\\u005f_proto__": {"x": 1}'),
    'in the environment': () => JSON_TEXT(', "env": {"__proto__": {"x": "1"}}'),
  });
});
