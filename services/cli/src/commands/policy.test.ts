import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrylaneError } from '@drylane/proto/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { program } from '../main.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'drylane-policy-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(text: string): string {
  const path = join(directory, 'policy.yaml');
  writeFileSync(path, `version: 1\n${text}`);
  return path;
}

async function run(...words: readonly string[]): Promise<{ status: number | undefined; out: string }> {
  const parts: string[] = [];
  const write = (more: string | Uint8Array, heard?: () => void): boolean => {
    parts.push(Buffer.from(more).toString());
    heard?.();
    return true;
  };
  const stdout = Object.assign(Object.create(process.stdout), { write, isTTY: false });
  const context: Context = { stdin: process.stdin, stdout, stderr: process.stderr, env: {}, cwd: '/' };
  let status: number | undefined;
  const root = program(context, (given) => {
    status = given;
  });
  await root.parseAsync(['node', 'drylane', 'policy', ...words]);
  return { status, out: parts.join('') };
}

const example = (expected: string): string =>
  `tests: [{ name: e, envelope: { command: "ls", intent: { mode: read-only } }, expect: ${expected} }]`;
const looks = (name: string, when: string): string =>
  `{ name: ${name}, severity: note, message: m, when: 'evidence.changes.exists(c, ${when})' }`;

describe('drylane policy', () => {
  it('check says what a policy comes to, and what its rules pass over', async () => {
    const rules = (...all: readonly string[]): string => file(`rules: [ ${all.join(', ')} ]`);
    const one = rules(looks('lock', 'c.path == "a.lock"'));
    const { status, out } = await run('check', one);
    expect(status).toBe(0);
    expect(out).toMatch(/rules: +1 note\n/);
    expect(out).toMatch(/hint: +rule lock looks at changes one by one, and a directory/);
    const two = rules(looks('lock', 'c.path == "a.lock"'), looks('whole', 'c.entries > 1'));
    expect(JSON.parse((await run('check', two, '--json')).out)).toMatchObject({
      ...{ ok: true, rules: 2, tests: 0, hints: [] },
    });
  });

  it.each([
    ['c.before.size > 3', /^rule r reads \.before, which what was added does not have/],
    ['c.after.size > 3', /^rule r reads \.after, which what was deleted does not have/],
    ['c.before != null && c.before.size > 3', undefined],
    ['c.kind == "modified" && has(c.after.sha256)', undefined],
  ])('check says of %s what a change may not have', async (when, hint) => {
    const whole = looks('whole', 'c.entries > 1');
    const { out } = await run('check', file(`rules: [ ${looks('r', when)}, ${whole} ]`), '--json');
    expect(JSON.parse(out).hints).toEqual(hint === undefined ? [] : [expect.stringMatching(hint)]);
  });

  it('check says that nobody is asked, in these words', async () => {
    const { out } = await run(
      'check',
      file('approvals: { rehearsal: { from: never }, live: { from: never } }'),
    );
    expect(out).toMatch(/rehearsal: +asks nobody\nlive: +asks nobody\n/);
  });

  it('test exits 0 where all examples come to what they should, and 2 where one does not', async () => {
    const good = await run('test', file(example('promote')));
    expect(good).toMatchObject({ status: 0, out: expect.stringContaining('1 example, all as expected') });
    const bad = file(example('block'));
    expect(await run('test', bad)).toMatchObject({
      ...{
        status: 2,
        out: expect.stringMatching(
          /^FAIL {2}e {3}\/.*\/policy\.yaml:2:9\n +comes to promote, and block was expected\n/,
        ),
      },
    });
    const { status, out } = await run('test', bad, '--json');
    expect([status, JSON.parse(out)]).toMatchObject([
      2,
      { ok: false, tests: [{ got: 'promote', place: `${bad}:2:9` }] },
    ]);
  });

  it('test refuses a policy that has no examples', async () => {
    await expect(run('test', file(''))).rejects.toBeInstanceOf(DrylaneError);
  });

  it('show prints a policy that comes with drylane, comments and all', async () => {
    const { status, out } = await run('show', 'strict');
    expect([status, out.split('\n')[0]]).toEqual([0, expect.stringMatching(/^# /)]);
    expect(await run('check', file(out.replace('version: 1\n', '')))).toMatchObject({ status: 0 });
  });
});
