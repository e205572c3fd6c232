// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts for a shell

import { opaquePlan, type ShellName, splitSteps } from '@drylane/proto/steps';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASH_TEXTS, PORTABLE_TEXTS } from './steps.examples.ts';
import { scripts } from './steps.generate.ts';
import { openTestbed, type Testbed } from './testbed.ts';
import { wrapSteps } from './wrap.ts';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed();
});
afterAll(() => {
  testbed.close();
});

async function behavesTheSame(text: string, shell: ShellName): Promise<void> {
  const { plan, plain, wrapped, settled, markers } = await testbed.compare(text, shell);
  expect({ text, opaque: plan.opaque && plan.reason }).toEqual({ text, opaque: false });
  expect(wrapped, text).toEqual(plain);
  expect({ text, markers, tampered: settled.tampered }).toEqual({ text, markers, tampered: false });
}

describe('a command with markers behaves as the command does', () => {
  it.each(PORTABLE_TEXTS)('in bash: %j', (text) => behavesTheSame(text, 'bash'));
  it.each(PORTABLE_TEXTS)('in sh: %j', (text) => behavesTheSame(text, 'sh'));
  it.each(BASH_TEXTS)('in bash alone: %j', (text) => behavesTheSame(text, 'bash'));

  for (const shell of ['bash', 'sh'] as const)
    it(`whatever is written in ${shell}`, { timeout: 120_000 }, () =>
      fc.assert(
        fc.asyncProperty(scripts(shell), (text) => behavesTheSame(text, shell)),
        { numRuns: 120 },
      ),
    );
});

describe('the markers tell what became of each step', () => {
  async function outcome(text: string, shell: ShellName = 'bash'): Promise<string> {
    const { settled } = await testbed.compare(text, shell);
    return settled.steps.map((s) => (s.ran ? `${s.exitCode}[${s.pipeStatus.join(' ')}]` : '-')).join(' ');
  }

  it.each([
    ['true && false || (exit 3); true', '0[0] 1[1] 3[3] 0[0]'],
    ['false && true; true || false', '1[1] - 0[0] -'],
    ['false | (exit 4) | true; ! false | true', '0[1 4 0] 1[1 0]'],
    ['! true; ! (exit 3); true', '1[0] 0[] 0[0]'],
    ['if false; then :; fi; true', '0[0] 0[0]'],
    ['true; exit 7; true', '0[0] 7[7] -'],
    ['set -e; true; false; true', '0[0] 0[0] 1[1] -'],
    ['set -eo pipefail; true | false; true', '0[0] 1[] -'],
    ['echo ${x?gone}; true', '127[127] -'],
    ['echo $((1/0)); true\nfalse; true', '1[1] - 1[1] 0[0]'],
    ['sleep 0 & wait; true', 'null[] 0[0] 0[0]'],
    ['true; kill -KILL $$; true', '0[0] null[] -'],
    ['trap "exit 0" EXIT; false', '0[0] 1[1]'],
  ])('%j', async (text, told) => {
    expect(await outcome(text)).toBe(told);
  });

  it('without PIPESTATUS in sh, where a pipeline has only its own status', async () => {
    expect(await outcome('false | true; false; ! true; exit 3', 'sh')).toBe('0[] 1[1] 1[] 3[3]');
  });
});

describe('wrapping only ever inserts', () => {
  const paths = { events: '/e', ack: '/a' };

  it('leaves the text as it stands around its insertions, on the same lines', () => {
    fc.assert(
      fc.property(scripts('bash'), (text) => {
        const plan = splitSteps(text, 'bash');
        const wrapped = wrapSteps(text, plan, paths);
        const marked = plan.steps.filter((step) => step.marked).length;
        const bare = wrapped
          .replace(/^__drylane_end\(\).*?builtin return "\$2"; }; /, '')
          .split(/; __drylane_end \d+ [^;]* && \[\[ 0 \]\]; }/);
        expect(bare).toHaveLength(marked + 1);
        expect(bare.join('').length).toBe(text.length + 2 * marked);
        expect(wrapped.split('\n')).toHaveLength(text.split('\n').length);
      }),
    );
  });

  it('leaves an opaque command, and a single one that the shell becomes, untouched', () => {
    expect(wrapSteps('a; b', opaquePlan('a; b', 'bash', 'because'), paths)).toBe('a; b');
    expect(wrapSteps('make all', splitSteps('make all', 'bash'), paths)).toBe('make all');
  });
});
