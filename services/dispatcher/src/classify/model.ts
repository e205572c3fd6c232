import type { Place } from './places.ts';

/** UTF-16 offsets in the original command, end excluded. */
export type Span = readonly [start: number, end: number];

/** Something that stands at a place in the text. */
export interface Spanned {
  readonly span: Span;
}

/** One word of a command after quote removal and with the variables that the text itself gives a value. */
export interface Arg extends Spanned {
  /** The value; an expansion that is not known stands as it was written. */
  readonly text: string;
  /** No expansion is left in it: what stands in `text` is what the program gets, globs aside. */
  readonly literal: boolean;
  readonly glob: boolean;
  /** Names of the variables whose value the text does not tell. */
  readonly variables: readonly string[];
  /** Holds the output of another command. */
  readonly substitution: boolean;
  /** Written to hide what it says: quotes between letters, `$'\x72'` escapes, brace lists. */
  readonly disguised: boolean;
  /** `text` is the source between quotes, character for character: offset of its first character, else null. */
  readonly offset: number | null;
}

/** A redirection; `body` is the text of a here-document or here-string. */
export interface Redirection extends Spanned {
  readonly operator: '>' | '>>' | '<' | '<>' | '<&' | '>&' | '>|' | '&>' | '&>>' | '<<' | '<<<';
  readonly target: Arg | null;
  readonly body: Arg | null;
}

export interface Assigned extends Spanned {
  readonly name: string;
  /** Null for an array. */
  readonly value: Arg | null;
}

export const EFFECT_KINDS = ['write', 'delete', 'attributes'] as const;

/** A path that the command writes to, deletes, or changes the mode or owner of. */
export interface Effect {
  readonly kind: (typeof EFFECT_KINDS)[number];
  readonly target: Arg;
  readonly place: Place;
  readonly recursive: boolean;
}

/** Which programs run before a stage of a pipeline, and what they are known to print. */
export interface Pipe {
  readonly line: {
    /** Lowest stage in which each program runs. */
    readonly first: Map<string, number>;
    /** Text that a stage prints, where the command says it literally. */
    readonly printed: Map<number, string>;
  };
  readonly stage: number;
  /** The pipeline around the compound command that this one stands in. */
  readonly outer: Pipe | null;
}

/** Where a command stands in the text. */
export interface Position {
  readonly pipe: Pipe | null;
  /** The function whose body it stands in. */
  readonly inFunction: string | null;
  readonly inLoop: boolean;
  readonly background: boolean;
  /** The program in whose arguments its output is pasted. */
  readonly feeds: string | null;
  /** Wrappers that were taken off, outermost first: sudo, env, xargs, `bash -c`. */
  readonly via: readonly string[];
  /** How many texts deep it was found: 0 is the command itself, 1 the text of a `bash -c`. */
  readonly depth: number;
}

/** One program being started, with all wrappers taken off; or bare assignments and redirections (program ''). */
export interface Invocation extends Spanned, Position {
  /** Base name of the program. */
  readonly program: string;
  readonly name: Arg | null;
  readonly args: readonly Arg[];
  /** Option name with its dashes → its value, or null where it has none. Clusters are split, kept whole too. */
  readonly flags: ReadonlyMap<string, Arg | null>;
  readonly operands: readonly Arg[];
  readonly redirections: readonly Redirection[];
  readonly assignments: readonly Assigned[];
  readonly effects: readonly Effect[];
  /** The program is a function that the text itself defines. */
  readonly defined: boolean;
  /** The directories it may run in, by the `cd` before it: `` is where it started, null cannot be told. */
  readonly directories: readonly (string | null)[];
  /** Words of the text that may become targets by way of a variable, a pipeline or a function. */
  readonly mentioned: readonly Arg[];
  /** Files that the text writes itself, as it names them. */
  readonly written: ReadonlySet<string>;
  /** No command, but the redirections of a compound one: `{ …; } > a`. */
  readonly compound: boolean;
  /** More operands come from standard input or from a search, so the text does not name the targets. */
  readonly fed: boolean;
}

/** What the text as a whole is, beside its commands. */
export interface Model {
  readonly invocations: readonly Invocation[];
  /** Why part of it was not read: too many commands, or texts within texts. */
  readonly unread: readonly Unread[];
}

export interface Unread extends Spanned {
  readonly why: 'too-deep' | 'too-many' | 'not-shell' | 'built';
}
