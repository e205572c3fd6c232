import { type Command, forEachChild, type Script, type SyntaxNode } from 'unbash';
import { readNames } from './bindings.ts';
import { emit, mention } from './emit.ts';
import type { Assigned, Model, Pipe } from './model.ts';
import { asArg, type Context, type Reader, readAssignment, readRedirection, spanOf } from './pieces.ts';
import { locate, readWord } from './words.ts';

/** Commands that are read; a longer text is as good as unread. */
const MAX_INVOCATIONS = 400;

/** Reads a syntax tree into the commands it runs, in source order, texts that shells will read included. */
export function readModel(script: Script, length: number): Model {
  const reader: Reader = {
    invocations: [],
    unread: [],
    stack: [],
    mentioned: [],
    written: new Set(),
    directories: [''],
    nestedLength: 0,
    candidates: 0,
    expanded: 0,
  };
  reader.stack.push({
    node: script,
    context: {
      pipe: null,
      inFunction: null,
      inLoop: false,
      background: false,
      feeds: null,
      via: [],
      depth: 0,
      names: readNames(script, new Set()),
      place: { shift: 0, whole: [0, length] },
      host: '',
      input: null,
      plain: true,
    },
  });
  for (let item = reader.stack.pop(); item !== undefined; item = reader.stack.pop()) {
    if (reader.invocations.length >= MAX_INVOCATIONS) {
      reader.unread.push({ why: 'too-many', span: locate(item.context.place, item.node.pos, item.node.end) });
      break;
    }
    visit(reader, item.node, item.context);
  }
  return { invocations: reader.invocations, unread: reader.unread };
}

function visit(reader: Reader, node: SyntaxNode, context: Context): void {
  switch (node.type) {
    case 'Pipeline':
      pushAll(reader, stagesOf(node, context));
      return;
    case 'Command':
      visitCommand(reader, node, context);
      return;
    case 'Redirected':
      visitRedirected(reader, node, context);
      return;
    case 'For':
      for (const word of node.wordlist ?? []) mention(reader, readWord(word, context.names, context.place));
      break;
  }
  pushChildren(reader, node, contextIn(node, context));
}

type Node<T extends SyntaxNode['type']> = Extract<SyntaxNode, { type: T }>;

/** What is true of everything inside a node. */
function contextIn(node: SyntaxNode, context: Context): Context {
  switch (node.type) {
    case 'CommandExpansion':
    case 'ProcessSubstitution':
      return contextInSubstitution(node, context);
    case 'Function':
      return { ...context, inFunction: node.name.value, plain: false };
    case 'For':
    case 'ArithmeticFor':
    case 'While':
    case 'Select':
      return { ...context, inLoop: true, plain: false, host: '' };
    case 'Statement':
      return node.background ? { ...context, background: true, plain: false } : context;
    case 'Coproc':
      return { ...context, background: true, plain: false };
    case 'Subshell':
      return { ...context, plain: false };
    default:
      return context;
  }
}

function contextInSubstitution(
  node: Node<'CommandExpansion'> | Node<'ProcessSubstitution'>,
  context: Context,
): Context {
  const inner = { ...context, pipe: null, feeds: context.host, plain: false };
  if (node.script?.source === undefined) return inner;
  // Within escaped backticks, offsets are those of the unescaped text: nothing that rests on them holds.
  const place = { shift: null, whole: spanOf(node, context) };
  return { ...inner, place, names: { ...context.names, values: new Map() } };
}

function stagesOf(node: Node<'Pipeline'>, context: Context): { node: SyntaxNode; context: Context }[] {
  if (node.commands.length === 1) return node.commands.map((command) => ({ node: command, context }));
  const line: Pipe['line'] = { first: new Map(), printed: new Map() };
  return node.commands.map((command, stage) => ({
    node: command,
    context: { ...context, plain: false, pipe: { line, stage, outer: context.pipe } },
  }));
}

/** The redirections of a compound command are those of a command without a name. */
function visitRedirected(reader: Reader, node: Node<'Redirected'>, context: Context): void {
  const redirections = node.redirects.map((r) => readRedirection(r, context));
  const input = redirections.find((r) => r.body !== null)?.body ?? context.input;
  const span = spanOf(node, context);
  emit(reader, { context, words: [], redirections, assignments: [], span, fed: false, compound: true });
  pushChildren(reader, node, { ...context, input });
}

function pushChildren(reader: Reader, node: SyntaxNode, context: Context): void {
  const children: { node: SyntaxNode; context: Context }[] = [];
  forEachChild(node, (child) => {
    children.push({ node: child, context });
  });
  pushAll(reader, children);
}

/** Last first, so that the stack gives them back in source order. */
function pushAll(reader: Reader, items: readonly { node: SyntaxNode; context: Context }[]): void {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    if (item !== undefined) reader.stack.push(item);
  }
}

function visitCommand(reader: Reader, node: Command, context: Context): void {
  const { names, place } = context;
  const words = node.name === undefined ? [] : readWord(node.name, names, place);
  const assignments: Assigned[] = [];
  for (const part of node.prefix)
    if (part.type === 'Assignment') assignments.push(readAssignment(part, context));
  for (const part of node.args) {
    if (part.type === 'Word') words.push(...readWord(part, names, place));
    else {
      const assigned = readAssignment(part, context);
      assignments.push(assigned);
      words.push(asArg(assigned));
    }
  }
  const redirections = node.redirects.map((r) => readRedirection(r, context));
  const { program } = emit(reader, {
    context,
    words,
    redirections,
    assignments,
    span: spanOf(node, context),
    fed: false,
  });
  pushChildren(reader, node, { ...context, host: program, plain: false });
}
