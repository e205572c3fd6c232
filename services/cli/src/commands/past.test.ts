import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { keepRun } from '../embedded/records.fixture.ts';
import { program } from '../main.ts';

let root: string;
let state: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drylane-past-'));
  state = join(root, 'state');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What a verb says on a state directory, where it says it, and the status it ends with. */
async function drylane(...words: readonly string[]) {
  const said = { out: '', err: '', status: -1 };
  const into = (stream: NodeJS.WriteStream, name: 'out' | 'err') =>
    Object.assign(Object.create(stream), {
      write(text: string) {
        said[name] += text;
        return true;
      },
    });
  const context: Context = {
    stdin: process.stdin,
    stdout: into(process.stdout, 'out'),
    stderr: into(process.stderr, 'err'),
    env: { NO_COLOR: '1' },
    cwd: root,
  };
  const verbs = program(context, (status) => {
    said.status = status;
  });
  await verbs.parseAsync([...words, '--state', state], { from: 'user' });
  return said;
}

describe('drylane runs', () => {
  it('names the directory that is empty, and does not make it', async () => {
    const { out } = await drylane('runs');
    expect(out).toContain(`no runs yet in ${state}\n`);
    expect(out).toContain(`drylane rehearse --state ${state} --read-only`);
    expect(existsSync(state)).toBe(false);
    expect((await drylane('runs', '--json')).out).toBe('{"runs":[]}\n');
  });

  it('does not call a directory empty whose runs are others', async () => {
    await keepRun(state, null);
    for (const asked of [
      ['--task', 'nightly'],
      ['--limit', '0'],
    ])
      expect((await drylane('runs', ...asked)).out).toBe(`none of the runs in ${state} is asked for\n`);
  });
});

describe('drylane diff and drylane receipt', () => {
  it('say on standard error that there is nothing', async () => {
    await keepRun(state, null);
    expect(await drylane('diff', 'last')).toEqual({ out: '', err: 'no changes\n', status: 0 });
    expect((await drylane('diff', 'last', '--json')).err).toBe('');
    expect(await drylane('receipt', '--all')).toEqual({
      out: '',
      err: 'no receipts yet: no run has ended\n',
      status: 0,
    });
  });
});

describe('drylane verify', () => {
  it.each([
    ['[]', 'is not a signed receipt, or is not whole'],
    ['', 'is not a signed receipt, or is not whole'],
    ['garbage', 'is not a signed receipt, or is not whole'],
    ['null', 'is not a signed receipt, or is not whole'],
  ])(
    'does not take %j for an unbroken chain, and says what is wrong with the file',
    async (text, message) => {
      await drylane('init');
      writeFileSync(join(root, 'receipts.jsonl'), text);
      const { out, status } = await drylane('verify', 'receipts.jsonl');
      expect(status).toBe(10);
      expect(out).toContain(`broken  receipts.jsonl: ${message}\n`);
      expect(out).toContain('; 1 break\n');
      expect(out).not.toContain('null');
      const { out: json } = await drylane('verify', 'receipts.jsonl', '--json');
      expect(JSON.parse(json)).toMatchObject({ ok: false, good: 0 });
    },
  );
});
