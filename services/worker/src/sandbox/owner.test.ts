import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { currentOwner, formatOwner, mayBeAlive, parseOwner } from './owner.ts';

describe('an owner', () => {
  it('survives being written down', () => {
    expect(parseOwner(formatOwner(currentOwner()))).toEqual(currentOwner());
  });

  it.each(['', 'x', '1-2-3', '../../etc-1-2-3', '0123abcd-1-2-3-4'])('is not read from %j', (text) => {
    expect(parseOwner(text)).toBeUndefined();
  });

  it('is alive while its process is, and dead after it', async () => {
    const child = spawn('sleep', ['30'], { stdio: 'ignore' });
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    const owner = { ...currentOwner(), pid: child.pid ?? 0, start };
    expect(mayBeAlive(owner)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(mayBeAlive(owner)).toBe(false);
  });

  it('is dead when another process has its number, or the machine was started again', () => {
    expect(mayBeAlive({ ...currentOwner(), start: '1' })).toBe(false);
    expect(mayBeAlive({ ...currentOwner(), boot: '00000000' })).toBe(false);
  });

  it('counts as alive behind another PID namespace, where nobody can tell', () => {
    expect(mayBeAlive({ ...currentOwner(), namespace: '1', start: '1' })).toBe(true);
  });
});
