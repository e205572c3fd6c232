// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts for a shell

import { MAX_STEPS, MAX_WRAPPED_BYTES, type ShellName, splitSteps } from '@drylane/proto/steps';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scripts } from './steps.generate.ts';
import { wrapSteps } from './wrap.ts';

function split(text: string, shell: ShellName = 'bash'): string[] {
  const plan = splitSteps(text, shell);
  return plan.opaque ? [plan.reason] : plan.steps.map((s) => `${s.operator ?? '^'} ${s.text}`);
}

function isOpaque(text: string, shell: ShellName = 'bash'): boolean {
  return splitSteps(text, shell).opaque;
}

describe('a list is split into its pipelines', () => {
  it.each([
    ['a', ['^ a']],
    ['a && b | c; d', ['^ a', '&& b | c', '; d']],
    ['a || b\nc & d', ['^ a', '|| b', '; c', '& d']],
    ['a && b & c', ['^ a && b', '& c']],
    ['! a | b || time -p c', ['^ ! a | b', '|| time -p c']],
    ['for i in 1 2; do a; b; done && c', ['^ for i in 1 2; do a; b; done', '&& c']],
    ['f() { a; b; }; (c; d) >e; { g; }', ['^ f() { a; b; }', '; (c; d) >e', '; { g; }']],
    ['cat <<E | b && c # d\nx; y\nE\ne', ['^ cat <<E | b', '&& c', '; e']],
    ['# z\n\n a \\\n  b ;\n# y\nc #; d', ['^ a \\\n  b', '; c']],
    ['x=1; echo "$(a; b)" `c; d`', ['^ x=1', '; echo "$(a; b)" `c; d`']],
    ['echo 漢 && echo 𝄞 ; b', ['^ echo 漢', '&& echo 𝄞', '; b']],
  ])('%j', (text, steps) => {
    expect(split(text)).toEqual(steps);
  });

  it('says what is negated, what is in the background, and what the shell reads at once', () => {
    const { steps } = splitSteps('! a; ! ! b &\n! c && d\ne', 'bash');
    expect(steps.map((s) => s.negated)).toEqual([true, false, true, false, false]);
    expect(steps.map((s) => s.background)).toEqual([false, true, false, false, false]);
    expect(steps.map((s) => s.unit)).toEqual([0, 0, 1, 1, 2]);
    expect(steps.map((s) => s.marked)).toEqual([true, false, true, true, true]);
  });

  it('marks the last command too, unless the shell becomes it', () => {
    const lastMarked = (text: string) => splitSteps(text, 'bash').steps.at(-1)?.marked;
    expect(lastMarked('a; b')).toBe(false);
    expect(lastMarked('a; b | c')).toBe(true);
    expect(lastMarked('a\nb')).toBe(true);
    expect(lastMarked('trap x EXIT; b')).toBe(true);
  });

  it('gives each step its exact place, in order, with nothing but blanks and operators between', () => {
    fc.assert(
      fc.property(scripts('bash'), (text) => {
        const { steps, opaque } = splitSteps(text, 'bash');
        expect(opaque).toBe(false);
        let from = 0;
        for (const [index, step] of steps.entries()) {
          expect(step.index).toBe(index);
          expect(step.span[0]).toBeGreaterThanOrEqual(from);
          expect(text.slice(step.span[0], step.span[1])).toBe(step.text);
          from = step.span[1];
        }
      }),
    );
  });

  it('never throws, and is opaque or insertable, whatever the text', () => {
    const shellish = fc.array(
      fc.constantFrom(
        'a',
        ' ',
        '\n',
        ';',
        '&',
        '|',
        '"',
        "'",
        '`',
        '$(',
        ')',
        '{ ',
        '}',
        '<<E',
        'E',
        '\\',
        '#',
        '!',
        '((',
        '[[',
        '\r',
        '\u00a0',
      ),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          shellish.map((parts) => parts.join('')),
        ),
        (text) => {
          for (const shell of ['bash', 'sh'] as const) {
            const plan = splitSteps(text, shell);
            expect(plan.steps.length).toBeGreaterThan(0);
            if (plan.opaque) expect(plan.steps[0].text).toBe(text);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a text stays whole', () => {
  it.each([
    ['does not parse', 'a && (b'],
    ['nests too deep', `${'$('.repeat(2000)}a${')'.repeat(2000)}`],
    ['holds no command', '# nothing'],
    ['has a here-document without an end', 'cat <<E; a\nbody'],
    ['has a here-document that leaves its substitution', 'a $(cat <<E) && b\nbody\nE\n'],
    ['ends in a backslash', 'a; echo b\\'],
    ['has a carriage return behind a group', '(a)\r\nb'],
    ['has a comment against a group', '(a)#b\nc'],
  ])('when it %s', (_, text) => {
    expect(isOpaque(text)).toBe(true);
  });

  it('when it has too many steps, or would be too long with its markers', () => {
    expect(isOpaque('a;'.repeat(MAX_STEPS))).toBe(false);
    expect(isOpaque('a;'.repeat(MAX_STEPS + 1))).toBe(true);
    expect(isOpaque(`a; echo ${'漢'.repeat(MAX_WRAPPED_BYTES / 3)}`)).toBe(true);
    const longest = `${'a;'.repeat(500)}echo ${'漢'.repeat(20_000)}`;
    expect(isOpaque(longest)).toBe(false);
    const paths = { events: '/.drylane/control/events', ack: '/.drylane/control/ack' };
    const wrapped = wrapSteps(longest, splitSteps(longest, 'bash'), paths);
    expect(Buffer.byteLength(wrapped)).toBeLessThanOrEqual(MAX_WRAPPED_BYTES);
  });

  it.each([
    'a | b; echo ${PIPESTATUS[0]}',
    "eval 'echo $PIPESTATUS'",
    'echo $BASH_COMMAND',
    'echo "$BASH_EXECUTION_STRING"',
    'unset -f __drylane_end',
    'trap a ERR; b',
    'trap a EXIT DEBUG; b',
    'trap -- a sigreturn; b',
    'trap a $signals; b',
    'alias a=b; a',
    'shopt -s expand_aliases; a',
    'shopt -s $x; a',
    'shopt -s extdebug; a',
    'set -x; a',
    'set -ex; a',
    'set -e -v; a',
    'set -euxo pipefail; a',
    'set -o xtrace; a',
    'set -eo verbose; a',
    'set $x; a',
    'set -k; a',
    'set -t; a',
    'set -n; a',
    'set -r; a',
    'builtin set -x; a',
    'command -p set -x; a',
    '\\set -x; a',
    's"e"t -x; a',
    'if a; then set -x; fi; b',
    'f() { set -x; }; f; b',
    'set; a',
    'set | grep x; a',
    'x=$(set); a',
    '(declare -f); a',
    'declare; a',
    'declare -p; a',
    'typeset -F; a',
    'export -p; a',
    'readonly; a',
    'compgen -A function; a',
    'history; a',
    'fc -l; a',
    'enable -n printf; a',
    'builtin() { :; }; a',
    'function local { :; }; a',
    'eval "set -x"; a',
    "eval 'shopt -s expand_aliases'; a",
  ])('because of what it shows or changes: %j', (text) => {
    expect(isOpaque(text)).toBe(true);
  });

  it.each([
    'set -e; a',
    'set -euo pipefail; a',
    'set +x; a',
    'set -- -x; a',
    'set - -x; a',
    'set a -x; b',
    'set -e -- $x; a',
    'shopt -s nullglob; a',
    'trap a EXIT; b',
    "trap 'rm -f x' INT TERM; b",
    'trap - EXIT; b',
    '(set -x; a); b',
    'x=$(set -x; a); b',
    'curl --verbose x; a',
    'declare -f f; a',
    'declare x=1; a',
    'declare -x x; a',
    'export X=1; a',
    'export -f f; a',
    'typeset -i n; a',
    'readonly x; a',
    'echo set -x; a',
    "bash -c 'set -x'; a",
    'eval "$(ssh-agent)"; a',
    '$cmd -x; a',
    'constructor; toString a; __proto__',
  ])('but not because of %j', (text) => {
    expect(isOpaque(text)).toBe(false);
  });

  it.each([
    "echo $'a\\'; b'",
    'echo $"a"; b',
    'a=(1 2); b',
    'cat <<<x; b',
    'cat <(a); b',
    '[[ a ]]; b',
    '((1)); b',
    'for ((;;)); do a; done; b',
    'select i in a; do b; done; c',
    'coproc a; b',
    'a |& b; c',
    'a &>f; b',
    'exec {fd}>f; b',
    'function f { a; }; b',
    'echo ${x//a/b}; c',
    'echo ${x:1}; b',
    'echo ${x^}; b',
    'echo ${!x}; b',
    'echo ${x[1]}; b',
    'echo $[1]; b',
    'x+=1; b',
    'time a; b',
    'echo @(a|b); c',
  ])('under sh, which reads it otherwise than bash: %j', (text) => {
    expect(isOpaque(text, 'sh')).toBe(true);
  });
});
