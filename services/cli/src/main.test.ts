import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const DRYLANE = join(import.meta.dirname, '..', 'bin', 'drylane.mjs');
const { DRYLANE_URL: _, ...HERE } = process.env;
const drylane = (...words: string[]) =>
  spawnSync(process.execPath, [DRYLANE, ...words], { encoding: 'utf8', env: HERE });

describe('the command line', () => {
  it('takes flags after a command in quotes for its own', () => {
    const { status, stdout } = drylane('classify', '--', 'rm -rf build', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ programs: ['rm'] });
  });

  it('leaves the flags of a command that is not in quotes to it', () => {
    const { status, stdout } = drylane('steps', '--', 'ls', '--json');
    expect(status).toBe(0);
    expect(stdout).toContain('ls --json');
  });

  it('refuses what follows a command in quotes and is no flag, by name', () => {
    const { status, stdout, stderr } = drylane('rehearse', '--', 'ls | wc', 'more');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('more after them is no flag');
  });

  it('repeats no secret of a flag that it does not know, for people or in JSON', () => {
    const secret = `ghp_${'Zx81kQ'.repeat(6)}`;
    const { status, stdout, stderr } = drylane('classify', '--json', `--token=${secret}`);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'bad-input' } });
    expect(stderr).toContain("unknown option '--token=[redacted:");
    expect(stdout + stderr).not.toContain(secret.slice(4));
  });

  it('names the state directory that was given in what it says to type', () => {
    const root = mkdtempSync(join(tmpdir(), 'drylane-main-'));
    const state = join(root, 'a b');
    const { status, stderr } = drylane('show', 'nonsense', '--state', state);
    rmSync(root, { recursive: true });
    expect(status).toBe(2);
    expect(stderr).toContain(`drylane runs --state '${state}' lists them`);
  });

  it('says in one line that the directory it is in is gone', () => {
    const script = `d=$(mktemp -d); cd "$d"; rmdir "$d"; exec "$0" "$@"`;
    const run = (...words: string[]) =>
      spawnSync('bash', ['-c', script, process.execPath, DRYLANE, ...words], { encoding: 'utf8' });
    const { status, stderr } = run('steps', '--', 'ls');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^drylane: .*\n {2}current directory: is gone.*\n {4}→ change to .*\n$/);
    expect(run('--version').status).toBe(0);
  });

  it.each([
    ['cancel', `run_${'0'.repeat(26)}`],
    ['snapshot', '.'],
    ['schedule', 'list'],
    ['token', 'list'],
  ])('does %s %s in a fleet only, and says how to name one', (...words) => {
    const { status, stderr } = drylane(...words);
    expect([status, stderr]).toEqual([2, expect.stringContaining('DRYLANE_URL: is not set')]);
  });

  it('loads nothing of HTTP for this machine alone', async () => {
    const sources = join(import.meta.dirname);
    for (const file of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
      // What speaks to a `drylane up` is loaded where one is there, and not before: nothing else imports it either.
      if (!/(?<!\.test|\.fixture)\.ts$/.test(file) || /^(fleet|embedded\/up)\//.test(file)) continue;
      const text = readFileSync(join(sources, file), 'utf8');
      expect(text, file).not.toMatch(/^import (?!type)[^;]*'[./]*\/(fleet|up)\//m);
    }
  });

  it('prints help for nothing, as bad input', () => {
    const { status, stderr } = drylane();
    expect(status).toBe(2);
    expect(stderr).toContain('Usage: drylane');
  });
});
