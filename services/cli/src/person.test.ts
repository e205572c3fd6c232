import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const at = (file: string): string => JSON.stringify(join(import.meta.dirname, file));

/** Asks twice at a terminal of its own, types `keys` at the first question, and says what was answered. */
async function typed(keys: string, how: 'ask' | 'askHidden') {
  const source = `
    const { personAtTerminal } = await import(${at('person.ts')});
    const { onInterrupt } = await import(${at('interrupt.ts')});
    using _ = onInterrupt(async () => console.log('cleaned up'));
    using person = personAtTerminal();
    console.log('answered ' + String(await person.${how}('first?')) + '.');`;
  const words = [process.execPath, '--input-type=module-typescript', '-e', source];
  const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 100 rows 30; exec ${line}`, '/dev/null'], {
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const before = screen.includes('first?');
    screen += text;
    if (!before && screen.includes('first?')) child.stdin.write(keys);
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, screen };
}

describe.each(['ask', 'askHidden'] as const)('a question by %s', (how) => {
  it('is answered with what was typed', async () => {
    const { status, screen } = await typed('yes\r', how);
    expect([status, screen]).toEqual([0, expect.stringContaining('answered yes.')]);
  });

  it('ends the whole command on Ctrl-C, cleaned up, with a line break', async () => {
    const { status, screen } = await typed('\x03', how);
    expect([status, screen]).toEqual([130, expect.stringMatching(/\n[^\n]*cleaned up/)]);
    expect(screen).not.toContain('answered');
  });

  it('has no answer on Ctrl-D, with a line break', async () => {
    const { status, screen } = await typed('\x04', how);
    expect([status, screen]).toEqual([0, expect.stringMatching(/\n[^\n]*answered undefined\./)]);
  });
});
