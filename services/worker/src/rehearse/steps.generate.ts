// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts for a shell

import type { ShellName } from '@drylane/proto/steps';
import fc from 'fast-check';

const SIMPLE = [
  'true',
  'false',
  ':',
  'echo a',
  'echo "b  $x" c',
  'echo $?',
  'echo "$*" $#',
  'echo $LINENO',
  'echo \\\n  d $LINENO',
  'x=1',
  'x=$(echo sub; exit 3)',
  'y=2 echo $x',
  'mkdir -p d',
  'cd d',
  'cd "$HOME"',
  'pwd',
  'echo z >>f',
  'echo w >g',
  'cat f',
  'rm -f f',
  'chmod 640 f',
  'ls -A',
  'nope 1',
  'nope \\\n 2',
  'echo e >&2',
  'cat </none',
  'f',
  'shift',
  'set -- p "q r"',
  "eval 'echo e; false'",
  'read r',
  'wait',
  'unset x',
  'exec 2>&1',
] as const;

const DRASTIC = [
  'exit',
  'exit 7',
  'set -e',
  'set -u',
  'set -C',
  'set -f',
  'IFS=0:',
  'echo $none',
  'echo $((1/0))',
  'echo ${none:?gone}',
  'readonly k=1',
  'k=2',
  "trap 'echo bye $?' EXIT",
  'exec >out',
  'exec 1>&-',
  'exec true',
  'exec nope',
  'return 2',
  'break',
] as const;

const BASH = [
  'echo "$_"',
  'set -o pipefail',
  '[[ a == b ]]',
  '((0))',
  'a=(1 2); echo ${a[1]}',
  'cat <<<here',
  'cat <(echo ps)',
  'shopt -s lastpipe',
  'set -o posix',
  'declare n=3',
  'echo a |& cat',
] as const;

const HERE_DOCUMENTS = [
  { line: 'cat <<E', body: 'in $x\nE\n' },
  { line: "tr a-z A-Z <<'Q' | cat", body: 'raw $x; && # `\nQ\n' },
  { line: 'while read l; do echo "<$l>"; done <<-T', body: '\tone\n\ttwo\n\tT\n' },
  { line: 'cat <<A - <<B', body: 'a\nA\nb\nB\n' },
] as const;

const DRAIN = 'q=$(cat); echo "$q"';

interface Item {
  readonly line: string;
  readonly body: string;
}

const oneOf = (texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);

const inner: fc.Arbitrary<string> = fc.constantFrom('; ', '\n', ' && ', ' || ', ' # note\n');

function pipelines(command: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const pipeline = fc
    .array(command, { minLength: 1, maxLength: 3 })
    // Each waits for the one before it to end, so that there is one order for them to run in.
    .map(([first = ':', ...rest]) =>
      [rest.length ? `{ ${first}\n}` : first, ...rest.map((c) => `{ ${DRAIN}; ${c}\n}`)].join(' | '),
    );
  return fc.tuple(oneOf(['', '', '', '! ']), pipeline).map((parts) => parts.join(''));
}

function compounds(command: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const list = fc
    .tuple(command, fc.array(fc.tuple(inner, command), { maxLength: 2 }))
    .map(([first, rest]) => first + rest.map((pair) => pair.join('')).join(''));
  return fc.oneof(
    list.map((l) => `( ${l}\n)`),
    list.map((l) => `{ ${l}\n}`),
    list.map((l) => `{ ${l}; } >>h`),
    fc.tuple(list, list, list).map(([a, b, c]) => `if ${a}\nthen ${b}\nelse ${c}; fi`),
    list.map((l) => `for i in 1 2; do ${l}\ndone`),
    list.map((l) => `n=0; while [ "\${n:-9}" -lt 2 ]; do n=$((n+1)); ${l}; done`),
    list.map((l) => `case $x in 1) ${l}\n;; *) echo other;; esac`),
    list.map((l) => `f() { unset -f f; ${l}\n}`),
    list.map((l) => `{ ${l}\n} >bg 2>&1 & wait`),
  );
}

/** Texts that exercise what a shell keeps from one step to the next; deterministic and harmless to run. */
export function scripts(shell: ShellName): fc.Arbitrary<string> {
  const tame = oneOf(shell === 'bash' ? [...SIMPLE, ...BASH] : SIMPLE);
  const plain = fc.oneof({ weight: 4, arbitrary: tame }, { weight: 1, arbitrary: oneOf(DRASTIC) });
  const nested = fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: compounds(plain) });
  const line = fc.oneof(
    { weight: 5, arbitrary: plain },
    { weight: 2, arbitrary: pipelines(plain) },
    { weight: 2, arbitrary: compounds(nested) },
  );
  const item: fc.Arbitrary<Item> = fc.oneof(
    { weight: 8, arbitrary: line.map((text) => ({ line: text, body: '' })) },
    { weight: 1, arbitrary: fc.constantFrom(...HERE_DOCUMENTS) },
  );
  const joint = fc.constantFrom(
    '; ',
    '\n',
    '\n',
    ' && ',
    ' || ',
    ' # note; x && y\n',
    ' &&\n',
    ' \\\n&& ',
    ';\n\n',
  );
  return fc
    .tuple(item, fc.array(fc.tuple(joint, item), { maxLength: 8 }))
    .map(([first, rest]) => render(first, rest));
}

/** Bodies of here-documents go where the next line starts. */
function render(first: Item, rest: readonly (readonly [string, Item])[]): string {
  let text = first.line;
  let bodies = first.body;
  for (const [joint, item] of rest) {
    const breaks = joint.endsWith('\n');
    const joined = bodies !== '' && !breaks ? `${joint.replace('\\\n', '').trimEnd()}\n` : joint;
    text += bodies === '' ? joint : `${joined.trimEnd()}\n${bodies}`;
    bodies = '';
    text += item.line;
    bodies += item.body;
  }
  return bodies === '' ? text : `${text}\n${bodies}`;
}
