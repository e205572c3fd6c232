import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandFrom, requiredCommand } from './shell-words.ts';

describe('the command after --', () => {
  it('is shell text as it stands when it is one word', () => {
    expect(commandFrom(['a | b > "$c"'])).toBe('a | b > "$c"');
    expect(commandFrom([])).toBeUndefined();
  });

  it('keeps plain words as they are', () => {
    expect(commandFrom(['git', 'log', '--oneline', '-n5', 'a/b.c'])).toBe('git log --oneline -n5 a/b.c');
  });

  it('gives the shell back the very arguments that were typed', () => {
    const word = fc
      .string({ unit: 'binary', maxLength: 20 })
      .filter((s) => !s.includes('\0') && s.isWellFormed());
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const command = commandFrom(['printf', '%s\\0', ...words]) ?? '';
        expect(execFileSync('bash', ['-c', command], { encoding: 'utf8' })).toBe(
          words.map((w) => `${w}\0`).join(''),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('must be there where a verb cannot do without', () => {
    expect(() => requiredCommand([])).toThrow('command');
    expect(() => requiredCommand(['  '])).toThrow('command');
  });
});
