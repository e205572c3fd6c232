/** One thing wrong with an expression: where, what, and what to type instead. */
export interface Fault {
  /** Offset into the expression, in UTF-16 units. */
  readonly at: number;
  readonly message: string;
  readonly mend: string;
}

/** Carries a fault out of the nest of an expression. */
export class Refusal extends Error {
  readonly fault: Fault;

  constructor(at: number, message: string, mend: string) {
    super(message);
    this.fault = { at, message, mend };
  }
}

/** An expression that cannot be evaluated on what is there: a field is missing, a number too large. */
export class Failure extends Error {}

const WIDTH = 100;
const BEFORE = 60;

/** The line of a text that holds an offset, with a caret below the place; a long line is cut around it. */
export function excerpt(text: string, at: number): string {
  // From -1, lastIndexOf would look at the first character all the same.
  const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(start, end < 0 ? undefined : end).replace(/[^ -~]/g, '?');
  const column = Math.min(at - start, line.length);
  const from = line.length <= WIDTH ? 0 : Math.max(0, Math.min(column - BEFORE, line.length - WIDTH));
  return `${line.slice(from, from + WIDTH)}\n${' '.repeat(column - from)}^`;
}
