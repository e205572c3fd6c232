import type { ASTNode } from '@marcbachmann/cel-js';
import type { factsOf } from './facts.ts';
import { Failure } from './fault.ts';
import type { Meter } from './meter.ts';
import type { Pattern } from './patterns.ts';
import type { Room } from './room.ts';
import type { Field, Message, Shapes } from './shapes.ts';

/** One evaluation: what it speaks of, what its loops stand at, and how much work it may still do. */
export interface Run {
  readonly facts: ReturnType<typeof factsOf>;
  readonly items: unknown[];
  readonly meter: Meter;
}

/** A compiled expression. Null is what is not there. */
export type Code<T = unknown> = (run: Run) => T;

/** What compiling an expression knows of where it stands. */
export interface Scope {
  readonly shapes: Shapes;
  readonly text: string;
  /** The variables of the loops around, the outermost first. */
  readonly variables: readonly string[];
  /** What this rule and all after it may still hold. */
  readonly room: Room;
  /** What a pattern became, by its place: parts of an expression are compiled once more for what they pick out. */
  readonly patterns: Map<ASTNode, Pattern>;
  readonly compile: (scope: Scope, node: ASTNode) => Code;
}

/** The code of a node, which fails where its value is not there. Types were checked: what is there is a T. */
export function present<T>(scope: Scope, node: ASTNode): Code<T> {
  const code = scope.compile(scope, node);
  if (!mayBeMissing(scope, node)) return code as Code<T>;
  const failure = new Failure(`${sourceOf(scope, node)} is not there`);
  return (run) => {
    const value = code(run);
    if (value === null) throw failure;
    return value as T;
  };
}

/** Whether a node's value can be null. */
export function mayBeMissing(scope: Scope, node: ASTNode): boolean {
  if (node.op === '.') return fieldAt(scope, node)?.field.optional ?? true;
  if (node.op === '[]') return typeName(node.args[0]).startsWith('map');
  if (node.op === '?:') return mayBeMissing(scope, node.args[1]) || mayBeMissing(scope, node.args[2]);
  // What a loop gathered of missing values is in a list that its own loop looks at.
  if (node.op === 'id') return scope.variables.includes(node.args);
  return node.op === 'value' && node.args === null;
}

/** A field of a message, where a node is one; undefined for a name in a map. */
export function fieldAt(
  scope: Scope,
  node: ASTNode,
): { readonly message: Message; readonly field: Field } | undefined {
  if (node.op !== '.') return undefined;
  const [base, name] = node.args;
  const message = scope.shapes.messages.get(typeName(base));
  const field = message?.fields.get(name);
  return message === undefined || field === undefined ? undefined : { message, field };
}

/** How many names, values and operators an expression has. */
export function partsOf(node: ASTNode): number {
  return nodesIn(node).length;
}

/** An expression and all that stands in it, but in what is closed. */
export function nodesIn(
  node: ASTNode,
  isClosed: (node: ASTNode) => boolean = () => false,
): readonly ASTNode[] {
  if (isClosed(node)) return [node];
  const parts: readonly unknown[] = Array.isArray(node.args) ? node.args.flat() : [node.args];
  return [node, ...parts.flatMap((part) => (isNode(part) ? nodesIn(part, isClosed) : []))];
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === 'object' && part !== null && 'op' in part;
}

/** The name of a node's type, as it was found when types were checked. */
export function typeName(node: ASTNode): string {
  const { checkedType }: { readonly checkedType?: { readonly name: string } } = node as object;
  return checkedType?.name ?? '';
}

/** The text of a node, for a message. */
export function sourceOf({ text }: Scope, { start, end }: ASTNode): string {
  const source = text.slice(start, end).replace(/\s+/g, ' ');
  return source.length > 80 ? `${source.slice(0, 80)}…` : source;
}
