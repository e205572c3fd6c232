import type { Command, ParsedScript, SyntaxNode, Word } from 'unbash';
import { forEachChild } from 'unbash';
import { usesBashSyntax } from './steps-bashisms.ts';

// In quotes too: a string may be evaluated, and no honest text has these by chance.
const NAMES: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /PIPESTATUS/, reason: 'the text reads PIPESTATUS, which a marker changes' },
  { pattern: /BASH_COMMAND/, reason: 'the text reads BASH_COMMAND, which a marker changes' },
  { pattern: /BASH_EXECUTION_STRING/, reason: 'the text reads its own source' },
  { pattern: /__drylane/, reason: 'the text mentions the name of our marker' },
];

const LISTS = 'the text lists the functions or variables of the shell, and would show the marker';
const TRACES = 'the text has the shell print or change how it runs commands, and would show the marker';
const TRAPS = 'the text sets a trap that a marker would spring';
const ALIASES = 'the text uses aliases';
const REDEFINES = 'the text redefines a builtin that the marker needs';
const EVALUATES = 'the text evaluates a string that may change how the shell runs commands';

const OPTIONS = new Set(['xtrace', 'verbose', 'keyword', 'onecmd', 'noexec', 'history', 'restricted']);
const SHOPTS = new Set([...OPTIONS, 'expand_aliases', 'extdebug', 'restricted_shell']);
const NEEDED = new Set(['builtin', 'command', 'local', 'printf', 'read', 'return', ':']);
const MIGHT_CHANGE = /\b(set|shopt|trap|alias|declare|typeset|enable|compgen|history|command|builtin)\b/;

/** A command's words after its name: what they say, or null where that is known only when it runs. */
type Arguments = readonly (string | null)[];

type Rule = (args: Arguments) => string | undefined;

/** Commands whose output shows the shell's own state, wherever they stand. */
const SHOWING: Readonly<Record<string, Rule>> = {
  set: (args) => (args.length === 0 ? LISTS : undefined),
  declare: namesNothing,
  typeset: namesNothing,
  export: namesNothing,
  readonly: namesNothing,
  compgen: () => LISTS,
  complete: () => LISTS,
  history: () => LISTS,
  fc: () => LISTS,
};

/** Commands that change the shell they run in; harmless in a subshell, where no marker is. */
const CHANGING: Readonly<Record<string, Rule>> = {
  set: setsOption,
  shopt: (args) => (args.some((a) => a === null || SHOPTS.has(a)) ? TRACES : undefined),
  enable: () => REDEFINES,
  alias: () => ALIASES,
  trap: (args) =>
    args.slice(1).some((a) => a === null || /^(SIG)?(DEBUG|ERR|RETURN)$/i.test(a)) ? TRAPS : undefined,
  eval: (args) => (args.some((a) => a !== null && MIGHT_CHANGE.test(a)) ? EVALUATES : undefined),
};

/** Why a text that parses would not behave the same with markers in it; undefined when nothing speaks against. */
export function whyOpaque(command: string, script: ParsedScript, shell: 'bash' | 'sh'): string | undefined {
  const named = NAMES.find(({ pattern }) => pattern.test(command));
  if (named) return named.reason;
  const stack: { readonly node: SyntaxNode; readonly confined: boolean }[] = [
    { node: script, confined: false },
  ];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { node, confined } = item;
    const reason = judge(node, confined);
    if (reason !== undefined) return reason;
    if (shell === 'sh' && usesBashSyntax(node)) return 'the text uses bash syntax that sh reads otherwise';
    forEachChild(node, (child) => {
      stack.push({ node: child, confined: confined || child.type === 'Subshell' || child.type === 'Script' });
    });
  }
  return undefined;
}

function judge(node: SyntaxNode, confined: boolean): string | undefined {
  if (node.type === 'Function') return NEEDED.has(node.name.value) ? REDEFINES : undefined;
  if (node.type !== 'Command') return undefined;
  const [name, ...args] = invocation(node);
  if (typeof name !== 'string') return undefined;
  const shows = Object.hasOwn(SHOWING, name) ? SHOWING[name]?.(args) : undefined;
  if (shows !== undefined || confined) return shows;
  return Object.hasOwn(CHANGING, name) ? CHANGING[name]?.(args) : undefined;
}

/** Name and arguments, with `builtin` and `command` and their flags taken off. */
function invocation(command: Command): Arguments {
  if (command.name === undefined) return [];
  const words: Arguments = [command.name, ...command.args].map((word) =>
    word.type === 'Word' ? literal(word) : word.text,
  );
  let at = 0;
  while (words[at] === 'builtin' || words[at] === 'command') {
    at += 1;
    while (words[at]?.startsWith('-')) at += 1;
  }
  return words.slice(at);
}

/** What a word says before the shell runs, or null when an expansion decides. */
function literal(word: Word): string | null {
  const fixed = (part: SyntaxNode): boolean =>
    part.type === 'Literal' ||
    part.type === 'SingleQuoted' ||
    part.type === 'AnsiCQuoted' ||
    (part.type === 'DoubleQuoted' && part.parts.every(fixed));
  return word.parts === undefined || word.parts.every(fixed) ? word.value : null;
}

function namesNothing(args: Arguments): string | undefined {
  return args.every((a) => a?.startsWith('-') || a?.startsWith('+')) ? LISTS : undefined;
}

function setsOption(args: Arguments): string | undefined {
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === null) return TRACES;
    if (word === undefined || word === '-' || word === '--' || !/^[-+]/.test(word)) return undefined;
    if (word.startsWith('-') && /[xvkntrH]/.test(word)) return TRACES;
    if (!word.includes('o')) continue;
    const option = args[++at];
    if (option === null || (option !== undefined && OPTIONS.has(option))) return TRACES;
  }
  return undefined;
}
