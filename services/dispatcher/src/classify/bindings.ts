import { type Assignment, type Command, forEachChild, type Script, type SyntaxNode, type Word } from 'unbash';

/** What a text says about its variables and functions, found in one pass over its tree. */
export interface Names {
  readonly values: ReadonlyMap<string, Value>;
  /** Everything that is set anywhere, sure or not. */
  readonly assigned: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  /** Everything that a variable may hold, as words: `@` is what `set --` sets. */
  readonly candidates: ReadonlyMap<string, readonly (readonly Word[])[]>;
}

/** A variable's value, and the offset from which on it has it; null where the text does not tell. */
interface Value {
  readonly text: string | null;
  readonly from: number;
}

/** Longer values are not put in the place of their variables: a short text could otherwise grow without end. */
const MAX_VALUE = 256;

/** Builtins that set the variables they are given the names of. */
const SETTERS = new Set(['read', 'mapfile', 'readarray', 'getopts', 'printf', 'unset', 'let', 'wait']);
const DECLARERS = new Set(['export', 'declare', 'readonly', 'typeset']);

/** What the shell itself sets; the text may set it otherwise. */
const SHELL: ReadonlyMap<string, Value> = new Map([
  ['HOME', { text: '~', from: 0 }],
  ['PWD', { text: '.', from: 0 }],
]);

/** The value that a variable has at an offset, or null where the text does not tell. */
export function valueAt(names: Names, name: string, pos: number): string | null {
  const value = names.values.get(name);
  return value !== undefined && pos >= value.from ? value.text : null;
}

/**
 * Reads assignments and function definitions anywhere in a tree. A value counts only where it is sure: the
 * variable is set once, by a plain assignment that always runs, before it is used.
 */
export function readNames(root: Script, functions: ReadonlySet<string>): Names {
  const times = new Map<string, number>();
  const defined = new Set(functions);
  const candidates = new Map<string, (readonly Word[])[]>();
  const calls: Command[] = [];
  const stack: SyntaxNode[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const name of namesSetBy(node)) times.set(name, (times.get(name) ?? 0) + 1);
    if (node.type === 'Function') defined.add(node.name.value);
    for (const [name, words] of wordsSetBy(node)) keep(candidates, name, words);
    if (node.type === 'Command' && calls.length < MAX_CALLS) calls.push(node);
    forEachChild(node, (child) => {
      stack.push(child);
    });
  }
  for (const call of calls) if (defined.has(call.name?.value ?? '')) keep(candidates, '@', wordsOf(call));
  const values = new Map([...SHELL].filter(([name]) => !times.has(name)));
  for (const { name, value, end } of sureAssignments(root))
    if (times.get(name) === 1) values.set(name, { text: literalValue(value), from: end });
  return { values, assigned: new Set(times.keys()), functions: defined, candidates };
}

/** Values of one variable that are kept in mind. */
const MAX_CANDIDATES = 8;
/** Commands that are looked at as calls of functions. */
const MAX_CALLS = 64;

const wordsOf = ({ args }: Command): Word[] => args.filter((arg) => arg.type === 'Word');

function keep(candidates: Map<string, (readonly Word[])[]>, name: string, words: readonly Word[]): void {
  const known = candidates.get(name);
  if (known === undefined) candidates.set(name, [words]);
  else if (known.length < MAX_CANDIDATES) known.push(words);
}

/** What a node gives a variable, or the positional parameters, as words. */
function wordsSetBy(node: SyntaxNode): [name: string, words: readonly Word[]][] {
  if (node.type === 'Assignment')
    return [[node.name, node.value.type === 'Word' ? [node.value] : node.value.elements]];
  if (node.type === 'For') return (node.wordlist ?? []).map((word) => [node.name.value, [word]]);
  if (node.type !== 'Command' || node.name?.value !== 'set') return [];
  const words = wordsOf(node);
  const at = words.findIndex((word) => word.value === '--');
  return at < 0 ? [] : [['@', words.slice(at + 1)]];
}

function namesSetBy(node: SyntaxNode): string[] {
  if (node.type === 'For' || node.type === 'Select') return [node.name.value];
  if (node.type === 'Assignment') return [node.name];
  if (node.type !== 'Command' || !SETTERS.has(node.name?.value ?? '')) return [];
  return node.args.flatMap((arg) => (arg.type === 'Word' ? [arg.value] : []));
}

/** Assignments of the top-level list that nothing can skip and no subshell swallows. */
function sureAssignments(root: Script): { name: string; value: Word; end: number }[] {
  return root.commands.flatMap(({ command, background }) => {
    const first = command.type === 'AndOr' ? command.commands[0] : command;
    if (background || first?.type !== 'Command') return [];
    return assignmentsThatStay(first).flatMap(({ name, value, append, index, end }) =>
      value.type === 'Word' && !append && index === undefined ? [{ name, value, end }] : [],
    );
  });
}

/** A prefix of another command's name ends with that command. */
function assignmentsThatStay(command: Command): Assignment[] {
  const from =
    command.name === undefined ? command.prefix : DECLARERS.has(command.name.value) ? command.args : [];
  return from.flatMap((part) => (part.type === 'Assignment' ? [part] : []));
}

function literalValue(word: Word): string | null {
  if (word.value.length > MAX_VALUE) return null;
  const plain = (word.parts ?? []).every(
    (part) =>
      part.type === 'Literal' ||
      part.type === 'SingleQuoted' ||
      part.type === 'AnsiCQuoted' ||
      part.type === 'Glob' ||
      (part.type === 'DoubleQuoted' && part.parts.every((p) => p.type === 'Literal')),
  );
  return plain ? word.value : null;
}
