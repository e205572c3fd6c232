import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '@drylane/proto/evidence';
import { blankChange, blankEvidence } from '@drylane/proto/evidence.fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Context } from '../context.ts';
import { keepRun } from '../embedded/records.fixture.ts';
import { program } from '../main.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'drylane-suggest-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

async function suggested(path: string, more: readonly Change[] = []): Promise<string> {
  await keepRun(state, null, blankEvidence({ changes: [blankChange(path), ...more] }));
  let text = '';
  const stdout = Object.assign(Object.create(process.stdout), {
    write(chunk: string) {
      text += chunk;
      return true;
    },
  });
  const context: Context = { stdin: process.stdin, stdout, stderr: process.stderr, env: {}, cwd: '/' };
  await program(context, () => undefined).parseAsync(['suggest', 'last', '--state', state], { from: 'user' });
  return text;
}

describe('drylane suggest', () => {
  it.each(['blog/a.md', 'tab\tname', 'turn\u202ename', 'c1\u009bname', 'tag\u{e0041}name'])(
    'writes YAML that is safe to look at and means the path %j',
    async (path) => {
      const text = await suggested(path);
      expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u);
      expect(parse(text)).toMatchObject({ intent: { mode: 'mutating', expected_writes: [path] } });
    },
  );

  it('says in comments what no intent covers, and stays YAML whatever its name is', async () => {
    const names = ['.git/config', 'a\nintent: {}', 'b\u2028mode: x', 'c\rd'];
    const text = await suggested(
      'blog/a.md',
      names.map((name) => blankChange(name, { class: 'forbidden' })),
    );
    expect(text).toContain('# .git/config is forbidden: no intent covers it\n');
    expect(text.match(/^# .* is forbidden: no intent covers it$/gm)).toHaveLength(names.length);
    expect(parse(text)).toMatchObject({ intent: { expected_writes: ['blog/a.md'] } });
  });
});
