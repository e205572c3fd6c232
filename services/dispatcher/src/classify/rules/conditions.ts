import { hasFlag } from '../flags.ts';
import type { Arg, Invocation } from '../model.ts';
import type { Condition, Hit } from './rule.ts';

/** Holds when one of the flags, separated by spaces, is given; long ones also as GNU's shortened `--recurs`. */
export function flag(...lists: readonly string[]): Condition {
  const names = lists.flatMap((list) => list.split(' '));
  return (c) => names.some((name) => hasFlag(c.program, c.flags, name));
}

/** Holds when a flag has a value that fits. */
export function flagValue(names: readonly string[], test: RegExp): Condition {
  return (c) => valuesOf(c, names).find((value) => test.test(value.text));
}

/** Every value that is given to one of the flags, also where it is given more than once or ends a cluster. */
export function valuesOf(c: Invocation, names: readonly string[]): Arg[] {
  const values = new Set<Arg>();
  for (const name of names) {
    const held = c.flags.get(name);
    if (held) values.add(held);
    const cluster = name.length === 2 ? name[1] : undefined;
    c.args.forEach(({ text }, i) => {
      const next = c.args[i + 1];
      const ends =
        cluster !== undefined && text.length < 8 && /^-[A-Za-z0-9]+$/.test(text) && text.endsWith(cluster);
      if (next !== undefined && (text === name || ends)) values.add(next);
    });
  }
  return [...values];
}

/** Holds when the operands begin with one of the phrases, separated by commas: `verb('stash drop, push')`. */
export function verb(...lists: readonly string[]): Condition {
  const phrases = lists.flatMap((list) => list.split(', '));
  const split = phrases.map((phrase) => phrase.split(' '));
  return ({ operands }) => split.some((words) => words.every((word, i) => operands[i]?.text === word));
}

/** Holds when one of the first three operands is, or begins with, one of the words. */
export function verbLike(test: RegExp): Condition {
  return ({ operands }) => operands.slice(0, 3).some((o) => test.test(o.text));
}

/** Holds when an operand fits. */
export function operand(test: RegExp): Condition {
  return ({ operands }) => operands.find((o) => test.test(o.text));
}

/** Holds when any word after the program fits, flags and their values too. */
export function word(test: RegExp): Condition {
  return ({ args }) => args.find((a) => test.test(a.text));
}

/** Holds when there is something to work on: an operand, or words that come from elsewhere. */
export const hasTarget: Condition = ({ operands, fed }) => operands.length > 0 || fed;

/** Its only word asks for help or the version. More words would let `--help` hide what stands beside it. */
export const asksOnly: Condition = ({ args }) =>
  args.length === 1 && /^(--?version|--?help|-v|-V|--usage|version|help)$/.test(args[0]?.text ?? '');

export const always: Condition = () => true;

/** Holds when all do; answers with the first place that one of them gives. */
export function all(...conditions: readonly Condition[]): Condition {
  return (c) => {
    let place: Hit = true;
    for (const condition of conditions) {
      const hit = condition(c);
      if (!hit) return false;
      if (place === true && hit !== true) place = hit;
    }
    return place;
  };
}

/** Holds when one does, and answers with its place. */
export function any(...conditions: readonly Condition[]): Condition {
  return (c) => {
    for (const condition of conditions) {
      const hit = condition(c);
      if (hit) return hit;
    }
    return false;
  };
}

export function not(condition: Condition): Condition {
  return (c) => !condition(c);
}

/** Whether one of the programs runs before this command in its pipeline. */
export function comesAfter(programs: ReadonlySet<string>): Condition {
  return (c) => {
    for (let pipe = c.pipe; pipe !== null; pipe = pipe.outer)
      for (const [program, stage] of pipe.line.first)
        if (stage < pipe.stage && programs.has(program)) return true;
    return false;
  };
}

/** Whether a pipeline brings something to its standard input. */
export function isPipedInto(c: Invocation): boolean {
  for (let pipe = c.pipe; pipe !== null; pipe = pipe.outer) if (pipe.stage > 0) return true;
  return false;
}

/** All words whose value is a path or may be: operands, values of flags, what is read from. */
export function pathsOf(c: Invocation): readonly Arg[] {
  const values = [...c.flags.values()].filter((v) => v !== null);
  const inputs = c.redirections.flatMap((r) => (r.operator === '<' && r.target !== null ? [r.target] : []));
  return [...c.operands, ...values, ...inputs];
}
