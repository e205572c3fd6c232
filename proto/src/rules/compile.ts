import type { ASTNode } from '@marcbachmann/cel-js';
import { type Code, fieldAt, partsOf, present, type Scope, sourceOf, typeName } from './code.ts';
import { Failure, Refusal } from './fault.ts';
import { FUNCTION_CODE, METHOD_CODE } from './functions.ts';
import { type Language, NAMES, noSuchField } from './language.ts';
import { isLoop, loop } from './loops.ts';
import { spend, UNITS_PER_FAILURE, UNITS_PER_NEW_FAILURE } from './meter.ts';
import { binary, minus } from './operators.ts';
import { reasons } from './reasons.ts';
import { type Room, takeParts, wholeRoom } from './room.ts';

/** An expression as functions. */
export interface Compiled {
  readonly holds: Code<boolean>;
  /** The changes that make it true, where it asks of changes. */
  readonly because: readonly Code<readonly unknown[]>[];
}

/**
 * Compiles an expression into functions that do what CEL says, each of which takes from a meter what its work costs. The
 * library's own evaluation has no bound, and hides an error that a bound would be.
 * @throws Refusal with the place of what is wrong.
 */
export function compileExpression(language: Language, text: string, room: Room = wholeRoom()): Compiled {
  const scope: Scope = { shapes: language.shapes, text, variables: [], room, patterns: new Map(), compile };
  try {
    const node = language.read(text);
    takeParts(room, partsOf(node));
    return { holds: present<boolean>(scope, node), because: reasons(scope, node) };
  } catch (cause) {
    if (cause instanceof RangeError) throw new Refusal(0, 'nests too deep', 'split it into several rules');
    throw cause;
  }
}

function compile(scope: Scope, node: ASTNode): Code {
  switch (node.op) {
    case 'value':
      return literal(node);
    case 'id':
      return name(scope, node);
    case '.':
      return select(scope, node);
    case '[]':
      return index(scope, node);
    case 'list': {
      const items = node.args.map((item) => present(scope, item));
      return (run) => items.map((item) => item(run));
    }
    case '?:':
      return choice(scope, node);
    case '||':
    case '&&':
      return logic(scope, node);
    case '!_': {
      const code = present<boolean>(scope, node.args);
      return (run) => !code(run);
    }
    case '-_':
      return minus(scope, node);
    case 'call':
      return call(scope, node);
    case 'rcall':
      return method(scope, node);
    case 'map':
    case '.?':
    case '[?]':
      throw new Refusal(node.start, 'is not a part of rules', 'write it without a map of your own');
    default:
      return binary(scope, node);
  }
}

type Node<Op extends ASTNode['op']> = Extract<ASTNode, { readonly op: Op }>;

function literal(node: Node<'value'>): Code {
  const { args: value, start } = node;
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number))
      throw new Refusal(start, 'is too large a number', 'write a number below 9007199254740992');
    return () => number;
  }
  if (value !== null && typeof value === 'object')
    throw new Refusal(
      start,
      'is a kind of value that no fact has',
      'write text, a number, true, false or null',
    );
  return () => value;
}

function name(scope: Scope, node: Node<'id'>): Code {
  const at = scope.variables.lastIndexOf(node.args);
  if (at >= 0) return (run) => run.items[at];
  const field = node.args;
  if (!scope.shapes.whole.fields.has(field))
    throw new Refusal(node.start, `${field} is not known here`, 'speak of envelope, risk, evidence');
  return (run) => run.facts[field as keyof typeof run.facts];
}

function select(scope: Scope, node: Node<'.'>): Code {
  const [base, field] = node.args;
  const code = present<Readonly<Record<string, unknown>>>(scope, base);
  const found = fieldAt(scope, node);
  if (field === 'text' && found?.message.fields.has('truncated')) return wholeText(scope, node, code);
  if (found !== undefined) return (run) => code(run)[field] ?? null;
  if (!typeName(base).startsWith('map')) throw noSuchField(undefined, field, node.pos);
  return (run) => entry(code(run), field);
}

/** What was captured of an output; of one whose middle is left out, nobody knows what stands in it, and what does not. */
function wholeText(scope: Scope, node: ASTNode, output: Code<Readonly<Record<string, unknown>>>): Code {
  const failure = new Failure(`${sourceOf(scope, node)} is not all there: its middle was left out`);
  return (run) => {
    const { text, truncated } = output(run);
    if (truncated !== false) throw failure;
    return text;
  };
}

function entry(map: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : null;
}

function index(scope: Scope, node: Node<'[]'>): Code {
  const [base, key] = node.args;
  const type = typeName(base);
  if (type.startsWith('map')) {
    const [map, name] = [
      present<Readonly<Record<string, unknown>>>(scope, base),
      present<string>(scope, key),
    ];
    return (run) => entry(map(run), name(run));
  }
  if (!type.startsWith('list'))
    throw new Refusal(node.start, 'takes a field as if it were a name in a map', 'write .field');
  const [list, at] = [present<readonly unknown[]>(scope, base), present<number>(scope, key)];
  return (run) => {
    const [items, place] = [list(run), at(run)];
    if (place < 0 || place >= items.length) {
      spend(run.meter, UNITS_PER_NEW_FAILURE);
      throw new Failure(`there is no entry ${place}`);
    }
    return items[place];
  };
}

function choice(scope: Scope, node: Node<'?:'>): Code {
  const [condition, yes, no] = node.args;
  const [test, left, right] = [
    present<boolean>(scope, condition),
    scope.compile(scope, yes),
    scope.compile(scope, no),
  ];
  return (run) => (test(run) ? left(run) : right(run));
}

/** As CEL has it: where one side decides, it does not matter that the other fails. */
function logic(scope: Scope, node: Node<'||' | '&&'>): Code {
  const decisive = node.op === '||';
  const [left, right] = [present<boolean>(scope, node.args[0]), present<boolean>(scope, node.args[1])];
  return (run) => {
    let value: boolean;
    try {
      value = left(run);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      spend(run.meter, UNITS_PER_FAILURE);
      if (right(run) === decisive) return decisive;
      throw cause;
    }
    return value === decisive ? decisive : right(run);
  };
}

function call(scope: Scope, node: Node<'call'>): Code {
  const [named, args] = node.args;
  const make = FUNCTION_CODE[named as keyof typeof FUNCTION_CODE];
  const [first] = args;
  if (make === undefined || first === undefined || args.length !== 1) throw notOurs(node, named);
  return make(scope, first);
}

function method(scope: Scope, node: Node<'rcall'>): Code {
  const [named, base, args] = node.args;
  if (isLoop(named)) return loop(scope, node);
  const make = METHOD_CODE[named as keyof typeof METHOD_CODE];
  if (make === undefined || args.length > 1) throw notOurs(node, named);
  return make(scope, base, args[0]);
}

function notOurs(node: ASTNode, named: string): Refusal {
  return new Refusal(node.start, `${named} is not a function of rules`, `use one of ${NAMES.join(', ')}`);
}
