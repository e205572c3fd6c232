import type { ASTNode } from '@marcbachmann/cel-js';
import {
  type Code,
  fieldAt,
  mayBeMissing,
  present,
  type Run,
  type Scope,
  sourceOf,
  typeName,
} from './code.ts';
import { Failure, Refusal } from './fault.ts';
import { suggestion } from './language.ts';
import { spend, UNITS_PER_ENTRY } from './meter.ts';

type Binary = Extract<
  ASTNode,
  { readonly op: '==' | '!=' | 'in' | '+' | '-' | '*' | '/' | '%' | '<' | '<=' | '>' | '>=' }
>;
type Unary = Extract<ASTNode, { readonly op: '-_' }>;

const MAX_TEXT = 10_000_000;
// What is made takes memory, too: a tenth of a gigabyte is what the work of a rule suffices for.
const UNITS_PER_TEXT = 10;
const NUMBERS: ReadonlySet<string> = new Set(['int', 'double']);
const SCALARS: ReadonlySet<string> = new Set([...NUMBERS, 'string', 'bool']);

const COMPARE = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
} as const;

/** Compiles what stands between two operands. */
export function binary(scope: Scope, node: Binary): Code {
  switch (node.op) {
    case '==':
      return equality(scope, node);
    case '!=': {
      const same = equality(scope, node);
      return (run) => !same(run);
    }
    case 'in':
      return membership(scope, node);
    case '+':
      return sum(scope, node);
    case '<':
    case '<=':
    case '>':
    case '>=': {
      numbersOnly(node);
      const compare = COMPARE[node.op];
      const [left, right] = operands<number>(scope, node);
      return (run) => compare(left(run), right(run));
    }
    default:
      return arithmetic(scope, node, node.op);
  }
}

/** Compiles a minus in front. */
export function minus(scope: Scope, node: Unary): Code {
  const code = present<number>(scope, node.args);
  return (run) => -code(run);
}

function operands<T>(scope: Scope, { args }: Binary): readonly [Code<T>, Code<T>] {
  return [present<T>(scope, args[0]), present<T>(scope, args[1])];
}

function numbersOnly(node: Binary): void {
  for (const operand of node.args)
    if (!NUMBERS.has(typeName(operand)))
      throw new Refusal(
        operand.start,
        'is not a number, and only numbers are larger or smaller here',
        'compare with ==, startsWith or matches',
      );
}

function equality(scope: Scope, node: Binary): Code<boolean> {
  const [left, right] = node.args;
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const)
    if (side.op === 'value' && side.args === null) return missing(scope, other);
  knownValues(scope, left, right);
  knownValues(scope, right, left);
  const lists = [left, right].map((side) => /^list<(\w+)>$/.exec(typeName(side))?.[1] ?? '');
  // What is not there is equal to nothing that is.
  const [a, b] = [scope.compile(scope, left), scope.compile(scope, right)];
  if (lists.every((type) => SCALARS.has(type))) return (run) => sameList(run, a(run), b(run));
  const scalars = [left, right].every((side) => SCALARS.has(typeName(side)));
  if (!scalars) throw new Refusal(node.start, 'compares what has parts', 'compare a field of it');
  return (run) => {
    const [one, other] = [a(run), b(run)];
    if (typeof one === 'string') spend(run.meter, 1 + one.length / 64);
    return one === other;
  };
}

function missing(scope: Scope, node: ASTNode): Code<boolean> {
  if (!mayBeMissing(scope, node))
    throw new Refusal(node.start, `${sourceOf(scope, node)} is never null`, 'remove the comparison');
  const code = scope.compile(scope, node);
  return (run) => code(run) === null;
}

function sameList(run: Run, a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  spend(run.meter, a.length);
  return a.every((item, at) => item === b[at]);
}

/** Refuses a text that a field never holds, which would make a rule that never speaks. */
function knownValues(scope: Scope, field: ASTNode, given: ASTNode): void {
  const shape = fieldAt(scope, field)?.field.shape;
  if (shape?.kind !== 'scalar' || shape.values === null) return;
  const texts = given.op === 'list' ? given.args : [given];
  for (const text of texts)
    if (text.op === 'value' && typeof text.args === 'string' && !shape.values.includes(text.args))
      throw new Refusal(
        text.start,
        `${sourceOf(scope, field)} is never ${JSON.stringify(text.args).slice(0, 60)}`,
        suggestion(text.args, shape.values, 'it is one of'),
      );
}

function membership(scope: Scope, node: Binary): Code {
  const [item, whole] = node.args;
  knownValues(scope, item, whole);
  const type = typeName(whole);
  const wanted = present<string | number | boolean>(scope, item);
  if (type.startsWith('map')) {
    const map = present<object>(scope, whole);
    return (run) => Object.hasOwn(map(run), String(wanted(run)));
  }
  if (!SCALARS.has(typeName(item)))
    throw new Refusal(item.start, 'has parts, and is looked for in a list', 'write exists(x, …)');
  const list = present<readonly unknown[]>(scope, whole);
  return (run) => {
    const [value, items] = [wanted(run), list(run)];
    spend(run.meter, 1 + items.length);
    return items.includes(value);
  };
}

function sum(scope: Scope, node: Binary): Code {
  const [type] = node.args.map(typeName);
  if (type === 'string') {
    const [left, right] = operands<string>(scope, node);
    return (run) => {
      const text = left(run) + right(run);
      spend(run.meter, UNITS_PER_TEXT + text.length / 16);
      if (text.length > MAX_TEXT) throw new Failure('a text becomes too long');
      return text;
    };
  }
  if (type !== undefined && NUMBERS.has(type)) return arithmetic(scope, node, '+');
  const [left, right] = operands<readonly unknown[]>(scope, node);
  return (run) => {
    const [a, b] = [left(run), right(run)];
    spend(run.meter, (a.length + b.length) * UNITS_PER_ENTRY);
    return [...a, ...b];
  };
}

const INTEGER: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => Math.trunc(a / b),
  '%': (a, b) => a % b,
};

function arithmetic(scope: Scope, node: Binary, op: string): Code {
  numbersOnly(node);
  const [left, right] = operands<number>(scope, node);
  const compute = INTEGER[op] ?? (() => Number.NaN);
  if (typeName(node) !== 'int')
    return op === '/' ? (run) => left(run) / right(run) : (run) => compute(left(run), right(run));
  // Made once: what a failure knows of its stack takes longer to gather than an expression to evaluate.
  const failure = new Failure(`${sourceOf(scope, node)} is no whole number that fits`);
  return (run) => {
    const result = compute(left(run), right(run));
    // Division by zero gives no integer either.
    if (!Number.isSafeInteger(result)) throw failure;
    return result;
  };
}
