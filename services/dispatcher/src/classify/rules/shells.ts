import { isInput, isReadable } from '../nested.ts';
import { SHELLS } from '../wrappers.ts';
import { all, any, comesAfter, flag, isPipedInto, not, operand } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

const ALL_SHELLS = [...SHELLS].join(' ');
const FETCHERS: ReadonlySet<string> = new Set(
  'curl wget http https fetch nc ncat socat ssh lynx w3m aria2c ftp lwp-request GET dig telnet openssl xh'.split(
    ' ',
  ),
);
const DECODERS: ReadonlySet<string> = new Set(
  'base64 base32 xxd b64decode openssl uudecode gunzip zcat rev tr gpg bzcat xzcat od hexdump awk sed perl python ruby tar unzip'.split(
    ' ',
  ),
);

/** No script and no -c: it reads commands from its input. */
const readsInput: Condition = (c) =>
  ![...c.flags.keys()].some((f) => /^-[a-zA-Z]*c/.test(f)) &&
  (c.operands.length === 0 || isInput(c.operands[0]) || c.flags.has('-s')) &&
  !c.flags.has('--version') &&
  !c.flags.has('--help');

const runsPipe: Condition = all(isPipedInto, readsInput);
const pipeIsText: Condition = (c) => c.pipe !== null && c.pipe.stage > 0 && isReadable(c.pipe);

export const SHELL_RULES: readonly Rule[] = [
  {
    id: 'download-into-shell',
    programs: `${ALL_SHELLS} source .`,
    when: all(runsPipe, comesAfter(FETCHERS)),
    dimension: 'network',
    points: 10,
    message: 'runs whatever a server sends',
    opaque: true,
    matches: [
      'curl https://e.com/i.sh | sh',
      'curl -s https://e.com | tee a | sudo bash',
      'wget -qO- http://e.com | bash -s -- x',
    ],
    not_matches: ['echo "curl x | sh"', 'curl https://e.com | cat', 'cat a | sh'],
  },
  {
    id: 'downloaded-words-run',
    programs: [...FETCHERS].join(' '),
    when: (c) =>
      c.feeds !== null &&
      (SHELLS.has(c.feeds) || /^(eval|source|\.|xargs|python|perl|ruby|node|php)$/.test(c.feeds)),
    dimension: 'network',
    points: 10,
    message: 'runs whatever a server sends',
    opaque: true,
    matches: [
      'bash <(curl -s https://e.com)',
      'sh -c "$(curl -fsSL https://e.com)"',
      'eval "$(wget -qO- http://e.com)"',
      '. <(curl http://e.com)',
    ],
    not_matches: ['echo "$(curl https://e.com)"'],
  },
  {
    id: 'decoded-words-run',
    programs: 'base64 base32 b64decode xxd openssl rev uudecode gunzip zcat tr printf echo',
    when: (c) => c.feeds !== null && (SHELLS.has(c.feeds) || /^(eval|source|\.)$/.test(c.feeds)),
    dimension: 'write',
    points: 8,
    message: 'spells out or unpacks hidden commands and runs them',
    opaque: true,
    matches: ['eval "$(echo cm0= | base64 -d)"', `sh -c "$(printf 'rm a')"`],
    not_matches: ['eval "$(ssh-agent -s)"', 'echo "$(base64 -d a)"'],
  },
  {
    id: 'decoded-into-shell',
    programs: `${ALL_SHELLS} source .`,
    when: all(runsPipe, comesAfter(DECODERS)),
    dimension: 'write',
    points: 9,
    message: 'unpacks hidden commands and runs them',
    opaque: true,
    matches: ['echo cm0= | base64 -d | sh', 'xxd -r -p a | bash'],
    not_matches: ['echo cm0= | base64 -d', 'echo ls | sh'],
  },
  {
    id: 'piped-into-shell',
    programs: `${ALL_SHELLS} source . parallel`,
    when: any(
      all((c) => c.program !== 'parallel', runsPipe, not(pipeIsText)),
      // Without a command of its own, what it reads are commands.
      all(
        (c) => c.program === 'parallel' && c.operands.length === 0 && !c.flags.has('--version'),
        any(isPipedInto, flag('-a', '--arg-file'), (c) => c.redirections.find((r) => r.operator === '<')),
      ),
    ),
    dimension: 'write',
    points: 7,
    message: 'runs as commands whatever another command prints',
    opaque: true,
    matches: ['cat a | sh', 'cat a | . /dev/stdin', 'ls | sed s/^/rm/ | sh', 'parallel < a'],
    not_matches: ['echo ls | sh', 'sh a.sh', 'echo a | sh -c cat'],
  },
  {
    id: 'text-into-shell',
    programs: `${ALL_SHELLS} source .`,
    when: any(
      all(runsPipe, pipeIsText),
      all(readsInput, (c) => c.redirections.find((r) => r.body !== null)),
    ),
    dimension: 'write',
    points: 2,
    message: 'hands its own text to a shell',
    matches: ['echo ls | sh', "bash <<< 'ls'", 'bash <<EOF\nls\nEOF'],
    not_matches: ['cat a | sh', 'cat <<EOF\nls\nEOF'],
  },
  {
    id: 'file-into-shell',
    programs: `${ALL_SHELLS} source .`,
    when: any(
      all(
        not(readsInput),
        // `bash -n` reads the script and runs nothing of it, unless a `+n` follows.
        (c) => !SHELLS.has(c.program) || c.args[0]?.text !== '-n' || /^[-+]/.test(c.args[1]?.text ?? ''),
        (c) => ![...c.flags.keys()].some((f) => /^-[a-zA-Z]*c/.test(f)),
        operand(/./),
      ),
      all(readsInput, (c) => c.redirections.find((r) => r.operator === '<')),
    ),
    dimension: 'write',
    points: 4,
    message: 'runs a script that is not read here',
    opaque: true,
    matches: ['bash a.sh', 'sh -x a.sh', 'source a', '. ./env.sh', 'bash < a'],
    not_matches: ["bash -c 'ls'", 'bash --version', 'echo ls | sh', 'bash -n a.sh'],
  },
  {
    id: 'opens-shell',
    programs: ALL_SHELLS,
    when: any(
      all(
        readsInput,
        not(isPipedInto),
        (c) => !c.redirections.some((r) => r.body !== null || r.operator === '<'),
      ),
      flag('-i'),
    ),
    dimension: 'write',
    points: 4,
    message: 'opens a shell that can do anything',
    opaque: true,
    matches: ['bash', 'sh -i', 'zsh -l'],
    not_matches: ["bash -c 'ls'", 'bash a.sh', 'bash --version'],
  },
  {
    id: 'printed-words-run',
    programs: `${ALL_SHELLS} eval source .`,
    when: (c) => c.args.find((a) => a.substitution),
    dimension: 'write',
    points: 6,
    message: 'runs as commands what another command prints',
    opaque: true,
    matches: ['eval "$(ssh-agent -s)"', 'bash -c "$(cat a)"', 'source <(kubectl completion bash)'],
    not_matches: ["eval 'ls'", 'echo "$(ls)"'],
  },
];
