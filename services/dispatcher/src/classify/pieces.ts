import type { Redirection as RedirectionNode, SyntaxNode } from 'unbash';
import type { Names } from './bindings.ts';
import type { Change } from './effects.ts';
import type { Arg, Assigned, Invocation, Position, Redirection, Span, Unread } from './model.ts';
import { locate, type Place, readBody, readOne } from './words.ts';

/** Where the reader is, in text and in meaning. */
export interface Context extends Position {
  readonly names: Names;
  readonly place: Place;
  /** The command in whose words this stands. */
  readonly host: string;
  /** A here-document around a compound command. */
  readonly input: Arg | null;
  /** Top-level list: a `cd` here moves everything after it. */
  readonly plain: boolean;
}

/** What is being gathered. */
export interface Reader {
  readonly invocations: Invocation[];
  readonly unread: Unread[];
  readonly stack: { readonly node: SyntaxNode; readonly context: Context }[];
  /** Words that may become targets in a roundabout way. */
  readonly mentioned: Arg[];
  readonly written: Set<string>;
  directories: readonly (string | null)[];
  nestedLength: number;
  candidates: number;
  expanded: number;
}

/** A redirection with what it is given or where it leads. */
export function readRedirection(node: RedirectionNode, { names, place }: Context): Redirection {
  const span = locate(place, node.pos, node.end);
  if (node.type === 'HereDoc')
    return { operator: '<<', target: null, body: readBody(node.body, names, place), span };
  const target = node.target === undefined ? null : readOne(node.target, names, place);
  if (node.type === 'HereString') return { operator: '<<<', target: null, body: target, span };
  return { operator: node.operator, target, body: null, span };
}

/** The files that redirections write to. */
export function effectsOf(redirections: readonly Redirection[]): Change[] {
  return redirections.flatMap(({ operator, target }) =>
    target === null || !writesTo(operator, target.text) ? [] : [{ kind: 'write', target, recursive: false }],
  );
}

/** `>&2` and `2>&-` are copies of descriptors; `>&file` is a file. */
function writesTo(operator: Redirection['operator'], target: string): boolean {
  if (operator === '>&') return !/^(\d+|-|\d+-)$/.test(target);
  return operator.includes('>');
}

/** An assignment with its value. */
export function readAssignment(
  node: Extract<SyntaxNode, { type: 'Assignment' }>,
  { names, place }: Context,
): Assigned {
  return {
    name: node.name,
    value: node.value.type === 'Word' ? readOne(node.value, names, place) : null,
    span: locate(place, node.pos, node.end),
  };
}

/** An assignment that stands among the arguments, as export has it, as a word. */
export function asArg({ name, value, span }: Assigned): Arg {
  const none = { text: '', literal: true, glob: false, variables: [], substitution: false, disguised: false };
  return { ...none, ...value, text: `${name}=${value?.text ?? ''}`, span, offset: null };
}

/** A word that a wrapper such as env takes for an assignment. */
export function asAssigned(arg: Arg): Assigned {
  const at = arg.text.indexOf('=');
  return {
    name: arg.text.slice(0, at).replace(/\+$/, ''),
    value: { ...arg, text: arg.text.slice(at + 1), offset: null },
    span: arg.span,
  };
}

/** The span of a node in the original command. */
export const spanOf = (node: SyntaxNode, { place }: Context): Span => locate(place, node.pos, node.end);

/** Only what a command keeps of where it was found. */
export function positionOf({ pipe, inFunction, inLoop, background, feeds, via, depth }: Position): Position {
  return { pipe, inFunction, inLoop, background, feeds, via, depth };
}
