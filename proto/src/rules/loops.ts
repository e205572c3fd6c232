import type { ASTNode } from '@marcbachmann/cel-js';
import { type Code, partsOf, present, type Run, type Scope } from './code.ts';
import { Failure, Refusal } from './fault.ts';
import type { LOOPS } from './language.ts';
import { spend, UNITS_PER_ENTRY, UNITS_PER_FAILURE } from './meter.ts';

const MAX_LOOPS = 3;
type Loop = Extract<ASTNode, { readonly op: 'rcall' }>;
type Step = (run: Run, item: unknown) => unknown;

const LOOP_CODE = { exists, all, exists_one: existsOne, filter, map } as const satisfies Record<
  (typeof LOOPS)[number],
  MakeLoop
>;
type MakeLoop = (items: Entries, steps: Steps) => Code;

/** Whether a method goes through a list. */
export function isLoop(name: string): name is keyof typeof LOOP_CODE {
  return Object.hasOwn(LOOP_CODE, name);
}

/** Compiles a loop; each turn costs what its expression holds, before it is taken. */
export function loop(scope: Scope, node: Loop): Code {
  const [name, base, args] = node.args;
  const [variable, ...bodies] = args;
  if (!isLoop(name) || variable?.op !== 'id')
    throw new Refusal(variable?.start ?? node.start, 'is not a name for each entry', 'write exists(c, …)');
  if (scope.shapes.whole.fields.has(variable.args) || scope.variables.includes(variable.args))
    throw new Refusal(
      variable.start,
      `${variable.args} is the name of something else`,
      'choose another name',
    );
  const depth = scope.variables.length;
  if (depth === MAX_LOOPS)
    throw new Refusal(
      node.start,
      `is a loop in ${MAX_LOOPS} others`,
      'ask with fewer loops, or in several rules',
    );
  const items = entries(present<readonly unknown[] | object>(scope, base));
  const inner: Scope = { ...scope, variables: [...scope.variables, variable.args] };
  const steps = bodies.map((body): Step => {
    const [code, cost] = [present(inner, body), weight(body)];
    return (run, item) => {
      spend(run.meter, cost);
      run.items[depth] = item;
      return code(run);
    };
  });
  return LOOP_CODE[name](items, steps as [Step, ...Step[]]);
}

/** Compiles an `exists` into what gives the entries that it is true of; those for which it fails are none of them. */
export function picks(scope: Scope, node: Loop): Code<readonly unknown[]> {
  const [, base, [variable, body]] = node.args;
  if (variable?.op !== 'id' || body === undefined) return () => [];
  const inner: Scope = { ...scope, variables: [variable.args] };
  const [items, code, cost] = [present<readonly unknown[]>(scope, base), present(inner, body), weight(body)];
  return (run) =>
    items(run).filter((item) => {
      spend(run.meter, cost);
      run.items[0] = item;
      try {
        return code(run) === true;
      } catch (cause) {
        if (!(cause instanceof Failure)) throw cause;
        spend(run.meter, UNITS_PER_FAILURE);
        return false;
      }
    });
}

type Entries = Code<readonly unknown[]>;
type Steps = readonly [Step, ...Step[]];

/** Of a list its entries, of a map its names. */
function entries(code: Code<readonly unknown[] | object>): Entries {
  return (run) => {
    const value = code(run);
    return Array.isArray(value) ? value : Object.keys(value);
  };
}

/** What an expression costs; loops in it pay for their own turns. */
function weight(node: ASTNode): number {
  return 2 * partsOf(node);
}

function exists(items: Entries, [step]: Steps): Code {
  return (run) => some(run, items(run), step, true);
}

function all(items: Entries, [step]: Steps): Code {
  return (run) => !some(run, items(run), step, false);
}

/** Whether any turn gives what decides; as CEL has it, one that fails matters only where none does. */
function some(run: Run, items: readonly unknown[], step: Step, decisive: boolean): boolean {
  let failure: Failure | undefined;
  for (const item of items)
    try {
      if (step(run, item) === decisive) return true;
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      spend(run.meter, UNITS_PER_FAILURE);
      failure ??= cause;
    }
  if (failure !== undefined) throw failure;
  return false;
}

function existsOne(items: Entries, [step]: Steps): Code {
  return (run) =>
    items(run).reduce((count: number, item) => (step(run, item) === true ? count + 1 : count), 0) === 1;
}

function filter(items: Entries, [step]: Steps): Code {
  return (run) => items(run).filter((item) => step(run, item) === true && kept(run));
}

function map(items: Entries, [first, second]: Steps): Code {
  if (second === undefined) return (run) => items(run).map((item) => kept(run) && first(run, item));
  return (run) =>
    items(run).flatMap((item) => (first(run, item) === true && kept(run) ? [second(run, item)] : []));
}

/** Pays for an entry of the list that is made. */
function kept(run: Run): true {
  spend(run.meter, UNITS_PER_ENTRY);
  return true;
}
