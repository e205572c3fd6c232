import { type ASTNode, Environment, ParseError, TypeError as TypeFault } from '@marcbachmann/cel-js';
import { nearest } from '../fields.ts';
import { typeName } from './code.ts';
import { Facts } from './facts.ts';
import { Refusal } from './fault.ts';
import { type Message, type Shapes, shapesOf, typeOf } from './shapes.ts';
import { syntaxFault } from './syntax.ts';

const MAX_NODES = 1000;
const MAX_DEPTH = 40;

/** What expressions are read in: the grammar and types of CEL over the facts that schemas describe. */
export interface Language {
  readonly shapes: Shapes;
  /** Reads an expression and checks its types. @throws Refusal with the place of what is wrong. */
  readonly read: (text: string) => ASTNode;
}

/** The functions of an expression; those of CEL that are not here take time that nobody can tell beforehand, or need a clock. */
export const FUNCTIONS = ['has', 'size'] as const;
export const LOOPS = ['exists', 'all', 'exists_one', 'filter', 'map'] as const;
export const METHODS = ['startsWith', 'endsWith', 'contains', 'matches', 'lowerAscii', 'size'] as const;
/** All of them, for whoever has to choose. */
export const NAMES: readonly string[] = [...new Set([...FUNCTIONS, ...LOOPS, ...METHODS])];

/** Makes the language; a few milliseconds, so once for all rules of a policy. */
export function createLanguage(): Language {
  const shapes = shapesOf(Facts);
  const environment = new Environment({ limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH } });
  for (const { name, fields } of shapes.messages.values())
    environment.registerType(name, {
      fields: Object.fromEntries([...fields].map(([field, { shape }]) => [field, typeOf(shape)])),
    });
  for (const [name, { shape }] of shapes.whole.fields) environment.registerVariable(name, typeOf(shape));
  for (const type of nullableTypes(shapes))
    environment.registerOperator(`${type} == null: bool`, (value: unknown) => value === null);
  // As between variables of no known type: a score is compared with 4, and not with 4.0 alone.
  environment.registerOperator('double == int: bool', (a: number, b: bigint) => a === Number(b));
  return { shapes, read: (text) => read(environment, shapes, text) };
}

function nullableTypes({ messages }: Shapes): ReadonlySet<string> {
  const optional = [...messages.values()].flatMap(({ fields }) =>
    [...fields.values()].filter((field) => field.optional),
  );
  return new Set(
    optional
      .filter(({ shape }) => shape.kind !== 'list' && shape.kind !== 'map')
      .map(({ shape }) => typeOf(shape)),
  );
}

function read(environment: Environment, shapes: Shapes, text: string): ASTNode {
  try {
    const parsed = environment.parse(text);
    const hidden = lastComment(text);
    if (hidden !== undefined)
      throw new Refusal(hidden, 'is a comment to the end of the rule', 'write it after a # above the rule');
    const { valid, type, error } = parsed.check();
    if (!valid) throw error;
    if (type !== 'bool')
      throw new Refusal(0, `gives ${type}, and must give true or false`, 'compare it with something: … == …');
    return parsed.ast;
  } catch (cause) {
    if (cause instanceof ParseError) throw syntaxRefusal(text, cause);
    if (cause instanceof TypeFault) throw typeRefusal(shapes, cause);
    if (cause instanceof RangeError) throw new Refusal(0, 'nests too deep', SPLIT);
    throw cause;
  }
}

// Text in quotes, raw and of several lines too, or a comment.
const QUOTED_OR_COMMENT =
  /r(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')|"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*/gi;

/** A comment that nothing follows. Where YAML folds lines it hides all of the rule that stood on later ones. */
function lastComment(text: string): number | undefined {
  const last = [...text.trimEnd().matchAll(QUOTED_OR_COMMENT)].at(-1);
  const ends = last !== undefined && last.index + last[0].length === text.trimEnd().length;
  return ends && last[0].startsWith('//') ? last.index : undefined;
}

const MACRO = 'invalid_macro_argument';
const SPLIT = 'split it into several rules';

function syntaxRefusal(text: string, { code, summary, range }: ParseError): Refusal {
  const at = range?.start ?? 0;
  if (code === 'limit_exceeded') {
    const deep = summary.includes('maxDepth');
    return new Refusal(
      at,
      deep ? `nests more than ${MAX_DEPTH} deep` : `has more than ${MAX_NODES} parts`,
      SPLIT,
    );
  }
  if (code === MACRO) return new Refusal(at, 'is not a name', 'write a name for each entry: exists(c, …)');
  const fault = syntaxFault(text, at, summary);
  return new Refusal(fault.at, `is no expression: ${fault.message}`, fault.mend);
}

function typeRefusal(shapes: Shapes, { code, summary, range, node }: TypeFault): Refusal {
  const at = range?.start ?? 0;
  if (code === MACRO) return new Refusal(at, 'is not a field', 'write has(evidence.exit_code)');
  const subject = /: (\w+)$/.exec(summary)?.[1] ?? '';
  if (code === 'no_such_key') return unknownField(shapes, node as ASTNode, subject, at);
  if (code === 'unknown_variable') {
    const names = [...shapes.whole.fields.keys()];
    return new Refusal(at, `${subject} is not known here`, suggestion(subject, names, 'speak of'));
  }
  if (code === 'no_matching_overload') {
    const [, signature = summary, name = ''] = /'((?:.*\.)?(\w+)\(.*\))'$/.exec(summary) ?? [];
    return new Refusal(
      nameAt(node, name) ?? at,
      `there is no ${signature}`,
      suggestion(name, NAMES, 'the functions are'),
    );
  }
  const [, parts = summary] = /^no such overload: (.*)$/.exec(summary) ?? [];
  if (code === 'no_such_overload') {
    const mend = parts.includes('null')
      ? 'remove the comparison: this is never null'
      : 'compare values of one kind; "3" is text, 3 a whole number, 3.0 a number';
    return new Refusal(at, `${parts} has no meaning`, mend);
  }
  return new Refusal(at, summary.charAt(0).toLowerCase() + summary.slice(1), 'correct it there');
}

/** A field that a message does not have. */
export function unknownField(shapes: Shapes, node: ASTNode, field: string, at: number): Refusal {
  const [base] = Array.isArray(node.args) ? node.args : [];
  const message = shapes.messages.get(base === undefined ? '' : typeName(base as ASTNode));
  return noSuchField(message, field, at);
}

/** A field that a message does not have, with the one that was meant. */
export function noSuchField(message: Message | undefined, field: string, at: number): Refusal {
  const fields = [...(message?.fields.keys() ?? [])];
  return new Refusal(
    at,
    `${field} is not a field of ${message?.name ?? 'this'}`,
    suggestion(field, fields, 'its fields are'),
  );
}

/** `did you mean path?`, or what there is to choose from. */
export function suggestion(word: string, choices: readonly string[], otherwise: string): string {
  const near = nearest(word, choices);
  return near === undefined ? `${otherwise} ${choices.join(', ')}` : `did you mean ${near}?`;
}

/** Where the name of a method stands in its call. */
function nameAt(node: TypeFault['node'], name: string): number | undefined {
  const call = node as ASTNode | undefined;
  if (call?.op !== 'rcall') return undefined;
  const at = call.input.indexOf(name, call.args[1].end);
  return at < 0 ? undefined : at;
}
