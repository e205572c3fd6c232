import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobText } from './job.ts';

const text = fc.string({
  unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', 'a', 'é', '!', '#', '*', '('),
});
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,6}$/).map((word) => `X${word}`);

/** Has a shell read a job, and tell its arguments and those variables, each ended by a NUL. */
function readBy(job: string, names: readonly string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'drylane-job-'));
  try {
    const file = join(directory, 'job');
    writeFileSync(file, job);
    const told = names.map((variable) => `"$(printenv ${variable}; echo .)"`).join(' ');
    const script = `. "$0"; printf '%s\\0' "$@" ${told}`;
    return execFileSync('sh', ['-c', script, file]).toString().split('\0').slice(0, -1);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('a job', () => {
  it('is nothing but words to the shell that reads it, whatever they hold', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.option(text),
        fc.dictionary(name, text, { maxKeys: 3 }),
        (dir, command, wrapped, env) => {
          const words = [dir, 'bash', command, ...(wrapped === null ? [] : [wrapped])];
          const read = readBy(
            jobText({ workingDir: dir, shell: 'bash', command, wrapped, env }),
            Object.keys(env),
          );
          expect(read).toEqual([...words, ...Object.values(env).map((value) => `${value}\n.`)]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is refused for a variable that has no name', () => {
    const job = { workingDir: '/', shell: 'sh', command: 'true', wrapped: null } as const;
    for (const odd of ['a b', 'a;b', '', '1a', "a'b"])
      expect(() => jobText({ ...job, env: { [odd]: 'x' } })).toThrow();
  });
});
