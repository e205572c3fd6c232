import { execFileSync } from 'node:child_process';
import { ROLES } from '@drylane/proto/access';
import { describe, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { program } from './main.ts';

async function completionFor(shell: string): Promise<string> {
  const parts: string[] = [];
  const stdout = Object.assign(Object.create(process.stdout), {
    write: (more: string) => parts.push(more) > 0,
  });
  const context: Context = { stdin: process.stdin, stdout, stderr: process.stderr, env: {}, cwd: '/' };
  await program(context, () => undefined).parseAsync(['node', 'drylane', 'completion', shell]);
  return parts.join('');
}

describe('completions', () => {
  it('are a script that bash runs, and that completes verbs and their flags', async () => {
    const ask = (words: string, at: number) =>
      `COMP_WORDS=(${words}); COMP_CWORD=${at}; _drylane; echo "\${COMPREPLY[@]}"`;
    const script = `${await completionFor('bash')}\n${ask('drylane reh', 1)}\n${ask('drylane runs --li', 2)}`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe('rehearse\n--limit\n');
  });

  it.each([
    ['rehearse --promotion', 'auto apply rerun none'],
    ['steps --shell', 'bash sh'],
    ['rehearse --policy', 'standard strict open'],
    ['policy', 'check test show --json'],
    ['token create --role', ROLES.join(' ')],
    ['show l', 'last'],
    ['approve la', 'last'],
  ])('know what may stand after %s', async (words, answer) => {
    const typed = words.split(' ').at(-1) ?? '';
    const isPart = typed.length < 3;
    const line = `drylane ${words}${isPart ? '' : ' ""'}`;
    const at = line.split(' ').length - 1;
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${at}; _drylane; echo "\${COMPREPLY[@]}"`;
    const script = `${await completionFor('bash')}\n${ask}`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe(`${answer}\n`);
  });

  it.each(['zsh', 'fish'])('name every verb for %s', async (shell) => {
    const script = await completionFor(shell);
    for (const verb of ['rehearse', 'show', 'diff', 'doctor', 'policy']) expect(script).toContain(verb);
  });

  it('are refused for a shell that is not known', async () => {
    await expect(completionFor('powershell')).rejects.toThrow('bash, zsh, fish');
  });
});
