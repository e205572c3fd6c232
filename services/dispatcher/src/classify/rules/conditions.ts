import { hasFlag } from '../flags.ts';
import type { Arg, Invocation, Spanned } from '../model.ts';
import type { Condition, Hit } from './rule.ts';

/**
 * Holds when one of the flags, separated by spaces, is given; long ones also as GNU's shortened `--recurs`. Answers
 * with the word in which the flag stands.
 */
export function flag(...lists: readonly string[]): Condition {
  const names = lists.flatMap((list) => list.split(' '));
  return (c) => {
    const name = names.find((n) => hasFlag(c.program, c.flags, n));
    return name !== undefined && (c.args.find((a) => holdsFlag(a.text, name)) ?? true);
  };
}

/** Whether a word is a flag, has its value behind `=`, shortens it, or holds its letter in a cluster. */
function holdsFlag(word: string, name: string): boolean {
  if (word === name || word.startsWith(`${name}=`)) return true;
  if (name.startsWith('--')) return word.length > 3 && name.startsWith(word.split('=')[0] ?? word);
  return name.length === 2 && /^-[a-zA-Z0-9]/.test(word) && word.includes(name.charAt(1));
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
  return ({ operands }) => {
    const said = split.find((words) => words.every((word, i) => operands[i]?.text === word));
    return said !== undefined && across(operands[0], operands[said.length - 1]);
  };
}

/** Holds when one of the first three operands is, or begins with, one of the words. */
export function verbLike(test: RegExp): Condition {
  return ({ operands }) => operands.slice(0, 3).find((o) => test.test(o.text));
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

/** From the beginning of one word to the end of another. */
function across(first: Spanned | undefined, last: Spanned | undefined): Hit {
  if (first === undefined || last === undefined) return true;
  return { span: [Math.min(first.span[0], last.span[0]), Math.max(first.span[1], last.span[1])] };
}

/** Holds when all do; answers with the stretch of text in which the places lie that they give. */
export function all(...conditions: readonly Condition[]): Condition {
  return (c) => {
    let place: Hit = true;
    for (const condition of conditions) {
      const hit = condition(c);
      if (!hit) return false;
      if (hit !== true) place = place === true ? hit : across(place as Spanned, hit);
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
