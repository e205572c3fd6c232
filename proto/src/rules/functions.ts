import type { ASTNode } from '@marcbachmann/cel-js';
import { type Code, present, type Scope, typeName } from './code.ts';
import { Refusal } from './fault.ts';
import { type FUNCTIONS, type METHODS, noSuchField } from './language.ts';
import { type Meter, spend } from './meter.ts';
import { sizeOf } from './pattern-size.ts';
import { compilePattern, MAX_PROGRAM, type Pattern } from './patterns.ts';
import { takePattern } from './room.ts';
import type { Shape } from './shapes.ts';

type MakeFunction = (scope: Scope, argument: ASTNode) => Code;
type MakeMethod = (scope: Scope, base: ASTNode, argument: ASTNode | undefined) => Code;

export const FUNCTION_CODE = { has, size } as const satisfies Record<
  (typeof FUNCTIONS)[number],
  MakeFunction
>;

export const METHOD_CODE = {
  startsWith: ofTexts((text, part) => text.startsWith(part)),
  endsWith: ofTexts((text, part) => text.endsWith(part)),
  contains,
  matches,
  lowerAscii,
  size: (scope, base) => size(scope, base),
} as const satisfies Record<(typeof METHODS)[number], MakeMethod>;

// A unit of work compares or copies about so many characters.
const CHARACTERS = 64;
const forCharacters = (meter: Meter, count: number): void => spend(meter, 1 + count / CHARACTERS);

/** Whether a field is there; of nothing, no field is. */
function has(scope: Scope, node: ASTNode): Code {
  if (node.op !== '.') throw new Refusal(node.start, 'is not a field', 'write has(evidence.exit_code)');
  chainShape(scope, node);
  const [base, field] = node.args;
  const of = lenient(scope, base);
  return (run) => {
    const value = of(run);
    return value !== null && (Object.hasOwn(value, field) ? (value[field] ?? null) : null) !== null;
  };
}

/** The value of a chain of fields; null as soon as one of them is not there. */
function lenient(scope: Scope, node: ASTNode): Code<Readonly<Record<string, unknown>> | null> {
  if (node.op !== '.') return present(scope, node);
  const [base, field] = node.args;
  const of = lenient(scope, base);
  return (run) => {
    const value = of(run);
    const inner = value !== null && Object.hasOwn(value, field) ? value[field] : null;
    return (inner ?? null) as Readonly<Record<string, unknown>> | null;
  };
}

/** Checks the fields of a chain: the checker of the library passes over what stands in `has`. */
function chainShape(scope: Scope, node: ASTNode): Shape | undefined {
  if (node.op === '.') {
    const [base, field] = node.args;
    const shape = chainShape(scope, base);
    if (shape?.kind === 'map') return shape.of;
    const message = shape?.kind === 'message' ? shape : undefined;
    const found = message?.fields.get(field);
    if (found === undefined) throw noSuchField(message, field, node.pos);
    return found.shape;
  }
  return scope.shapes.messages.get(typeName(node));
}

function size(scope: Scope, node: ASTNode): Code {
  const code = present<string | readonly unknown[] | object>(scope, node);
  return (run) => {
    const value = code(run);
    if (Array.isArray(value)) return value.length;
    if (typeof value !== 'string') return Object.keys(value).length;
    forCharacters(run.meter, value.length * CHARACTERS);
    let count = 0;
    for (const _ of value) count += 1;
    return count;
  };
}

function ofTexts(decide: (text: string, part: string) => boolean): MakeMethod {
  return (scope, base, argument) => {
    const [text, part] = [present<string>(scope, base), argumentOf(scope, base, argument)];
    return (run) => {
      const found = part(run);
      forCharacters(run.meter, found.length);
      return decide(text(run), found);
    };
  };
}

/** Both may be of the command's making, so its work counts as the product of their lengths, which it can come to. */
function contains(scope: Scope, base: ASTNode, argument: ASTNode | undefined): Code {
  const [text, part] = [present<string>(scope, base), argumentOf(scope, base, argument)];
  return (run) => {
    const [whole, found] = [text(run), part(run)];
    forCharacters(run.meter, (whole.length * (found.length + CHARACTERS)) / CHARACTERS);
    return whole.includes(found);
  };
}

function lowerAscii(scope: Scope, base: ASTNode): Code {
  const text = present<string>(scope, base);
  return (run) => {
    const value = text(run);
    forCharacters(run.meter, value.length * CHARACTERS);
    return value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  };
}

/** The pattern is the operator's, never the command's, and is compiled once, by an engine that takes linear time. */
function matches(scope: Scope, base: ASTNode, argument: ASTNode | undefined): Code {
  const text = present<string>(scope, base);
  if (argument?.op !== 'value' || typeof argument.args !== 'string')
    throw new Refusal(
      argument?.start ?? base.end,
      'is not a pattern in quotes',
      'write the pattern itself: matches("…")',
    );
  const pattern = scope.patterns.get(argument) ?? patternOf(scope, argument, argument.args);
  scope.patterns.set(argument, pattern);
  return (run) => {
    const value = text(run);
    spend(run.meter, pattern.cost(value.length));
    return pattern.test(value);
  };
}

function patternOf(scope: Scope, argument: ASTNode, source: string): Pattern {
  const size = sizeOf(source);
  if (size <= MAX_PROGRAM) takePattern(scope.room, argument.start, size);
  const pattern = compilePattern(source);
  if ('test' in pattern) return pattern;
  const written = scope.text.slice(argument.start, argument.end);
  const inside = written.indexOf(source);
  const at = inside < 0 ? argument.start : argument.start + inside + pattern.at;
  throw new Refusal(at, pattern.message, pattern.mend);
}

function argumentOf(scope: Scope, base: ASTNode, argument: ASTNode | undefined): Code<string> {
  if (argument === undefined)
    throw new Refusal(base.end, 'lacks what to look for', 'write it in the brackets');
  return present<string>(scope, argument);
}
