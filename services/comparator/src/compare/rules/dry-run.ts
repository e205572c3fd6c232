import { type ParsedShell, parseShell } from '@drylane/proto/shell';
import { listed, oneStep } from '../say.ts';
import type { Facts, Hit } from './rule.ts';

type Statements = Extract<ParsedShell, { ok: true }>['script']['commands'];
type Node = Statements[number]['command'];
type SimpleCommand = Extract<Node, { type: 'Command' }>;

const LONG =
  /^--(dry-?run|dryrun|just-print|recon|simulate|no-act|noop|whatif|what-if)(=(?!none$|false$|no$|0$).*)?$/i;

/** Programs whose one-letter flag means a dry run, and that letter. */
const SHORT: Readonly<Record<string, string>> = {
  make: 'n',
  gmake: 'n',
  rsync: 'n',
  rename: 'n',
  'apt-get': 's',
  apt: 's',
  'ansible-playbook': 'C',
};

/** The same for programs whose first word says what they do. */
const SHORT_OF_VERB: Readonly<Record<string, readonly string[]>> = {
  git: ['add', 'clean', 'mv', 'push', 'rm'],
};

const PRINTERS = new Set(['echo', 'printf', 'grep', 'egrep', 'fgrep', 'rg']);
// Flags, durations and assignments, as they stand between a wrapper and what it runs.
const NOT_A_PROGRAM = /^-|^[0-9.]+[smhd]?$|^[A-Za-z_][A-Za-z0-9_]*=/;
const WRAPPERS = new Set(['sudo', 'doas', 'command', 'exec', 'env', 'nice', 'nohup', 'time', 'timeout']);

/** The command relies on a program's own promise to change nothing, which proves nothing. */
export function dryRunFlag({ evidence }: Facts): Hit | undefined {
  const found = evidence.steps.flatMap((step) =>
    dryRunsIn(step.text).map((flag) => ({ flag, step: step.index })),
  );
  if (found.length === 0) return undefined;
  return {
    message: `relies on its own dry run (${listed(found.map(({ flag }) => flag))}), which proves nothing`,
    step: oneStep(found),
  };
}

/** `make -n`, `terraform --dry-run`: the programs of a text with the flag that asks them for a dry run. */
export function dryRunsIn(text: string): readonly string[] {
  const parsed = parseShell(text);
  if (!parsed.ok) return [];
  return simpleCommands(parsed.script.commands).flatMap((command) => {
    const words = wordsOf(command);
    const at = words.findIndex((word) => !WRAPPERS.has(programOf(word)) && !NOT_A_PROGRAM.test(word));
    const program = programOf(words[at] ?? '');
    if (at < 0 || PRINTERS.has(program)) return [];
    const flag = flagOf(program, words.slice(at + 1));
    return flag === undefined ? [] : [`${program} ${flag}`];
  });
}

function flagOf(program: string, words: readonly string[]): string | undefined {
  const end = words.indexOf('--');
  const before = end < 0 ? words : words.slice(0, end);
  const verbs = Object.hasOwn(SHORT_OF_VERB, program) ? SHORT_OF_VERB[program] : undefined;
  const letter = Object.hasOwn(SHORT, program) ? SHORT[program] : undefined;
  const short = verbs?.some((verb) => before.includes(verb)) ? 'n' : letter;
  return before.find(
    (word) => LONG.test(word) || (short !== undefined && /^-[A-Za-z]+$/.test(word) && word.includes(short)),
  );
}

function programOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

function wordsOf({ name, args }: SimpleCommand): readonly string[] {
  const words = args.map((word) => (word.type === 'Word' ? word.value : word.text));
  return name === undefined ? words : [name.value, ...words];
}

/** Every simple command, in lists, pipelines, groups, loops, conditions and functions, in the text's order. */
function simpleCommands(statements: Statements): readonly SimpleCommand[] {
  const found: SimpleCommand[] = [];
  const waiting: Node[] = statements.map(({ command }) => command).reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === 'Command') found.push(node);
    else for (const child of inside(node).toReversed()) waiting.push(child);
  }
  return found;
}

function inside(node: Exclude<Node, SimpleCommand>): readonly Node[] {
  const of = (...lists: readonly ({ readonly commands: Statements } | undefined)[]): Node[] =>
    lists.flatMap((list) => list?.commands.map(({ command }) => command) ?? []);
  switch (node.type) {
    case 'AndOr':
    case 'Pipeline':
      return node.commands;
    case 'Redirected':
      return [node.command];
    case 'Function':
    case 'Coproc':
      return node.body.type === 'CompoundList' ? of(node.body) : [node.body];
    case 'Subshell':
    case 'BraceGroup':
    case 'For':
    case 'ArithmeticFor':
    case 'Select':
      return of(node.body);
    case 'While':
      return of(node.clause, node.body);
    case 'If':
      return of(node.clause, node.then, ...node.elif.flatMap((e) => [e.clause, e.then]), node.else);
    case 'Case':
      return of(...node.items.map((item) => item.body));
    case 'TestCommand':
    case 'ArithmeticCommand':
      return [];
  }
}
