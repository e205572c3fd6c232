import type { RiskDimension } from '@drylane/proto/risk';
import type { Invocation, Spanned } from '../model.ts';

/** What a condition answers: no, yes, or yes and where. */
export type Hit = boolean | Spanned | null | undefined;

/** A condition over one command; pure, and in time linear in its words. */
export type Condition = (c: Invocation) => Hit;

/**
 * One thing that commands do, as data. The first condition that is not met makes the rule silent; where it
 * answers with a place, that is what the reason points at, else it points at the whole command.
 *
 * Points: 1–2 worth knowing · 3 changes files in a way that is easily undone · 4 a network read, a deletion, a
 * program that cannot be read · 5 many files, or others' state · 6 hard to undo · 7–8 a person should look at it
 * on its own · 9–10 ruinous.
 */
export interface Rule {
  readonly id: string;
  /** Base names, separated by spaces; empty: every command. */
  readonly programs: string;
  readonly when?: Condition;
  readonly dimension: RiskDimension;
  readonly points: number;
  /** A short sentence in the present tense, in the words of who reads it. */
  readonly message: string;
  /** What it runs cannot be read from the text. */
  readonly opaque?: true;
  /** It speaks whatever the program is asked for, so that it does not tell what that is. */
  readonly whatever?: true;
  /** Commands in which it speaks. */
  readonly matches: readonly string[];
  /** Commands in which it is silent. */
  readonly not_matches: readonly string[];
}
