import { RE2JS, RE2JSSyntaxException } from 're2js';
import { sizeOf, widthOf } from './pattern-size.ts';
import { trapIn } from './traps.ts';

const MAX_PATTERN = 1000;
// What RE2 makes of a pattern, in instructions.
export const MAX_PROGRAM = 1000;
const INSTRUCTIONS_PER_UNIT = 64;
/** How much of what it has tried a pattern may keep, in bytes; RE2 begins anew where it is more. Its own bound is 8 MB. */
const MAX_KEPT = 128 * 1024;
// Measured: each place of a pattern that may stand at the same character takes 20 ns of it, where RE2 has to try them all. Few do
// not, as it then remembers what it has tried.
const FEW_PLACES = 20;
const UNITS_PER_PLACE = 2;
// Measured: about 1 µs for a call, up to 70 ns for a character.
const UNITS_PER_CALL = 100;
const UNITS_PER_CHARACTER = 5;

/** A regular expression that takes time in proportion to the text, whatever stands in either. */
export interface Pattern {
  readonly test: (text: string) => boolean;
  /** Units of work for a text of this length. */
  readonly cost: (length: number) => number;
}

/** Why a pattern is refused, and where in it, if that can be said. */
export interface PatternFault {
  readonly at: number;
  readonly message: string;
  readonly mend: string;
}

const TOO_LARGE: PatternFault = {
  ...{ at: 0, message: 'is too large a pattern' },
  mend: 'repeat less with {n}, or split it',
};

/**
 * Compiles a pattern with RE2, which never goes back in the text. A dot is any character, newlines too: names may hold them. One that would make any other engine do so for hours is
 * refused all the same: whoever wrote it meant something simpler, and will use it elsewhere.
 */
export function compilePattern(source: string): Pattern | PatternFault {
  if (source.length > MAX_PATTERN)
    return {
      ...{ at: 0, message: `is a pattern of more than ${MAX_PATTERN} characters` },
      mend: 'split it into several rules',
    };
  const trap = trapIn(source);
  if (trap !== undefined)
    return {
      at: trap.at,
      message: `repeats ${trap.group}, which is all repetition itself`,
      mend: `write one repetition, such as ${trap.simpler}`,
    };
  // Before RE2 sees it, which would make all of it first.
  if (sizeOf(source) > MAX_PROGRAM) return TOO_LARGE;
  try {
    const compiled = RE2JS.compile(source, RE2JS.DOTALL);
    const size = compiled.programSize();
    if (size > MAX_PROGRAM) return TOO_LARGE;
    const { dfa } = compiled.re2();
    [dfa.stateBudget, dfa.memBudget] = [MAX_KEPT, MAX_KEPT];
    const places = Math.max(0, widthOf(compiled) - FEW_PLACES);
    const perCharacter = UNITS_PER_CHARACTER + size / INSTRUCTIONS_PER_UNIT + places * UNITS_PER_PLACE;
    return {
      test: (text) => compiled.test(text),
      cost: (length) => UNITS_PER_CALL + length * perCharacter,
    };
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause;
    return syntaxFault(source, cause);
  }
}

function syntaxFault(source: string, cause: RE2JSSyntaxException): PatternFault {
  const part = cause.getPattern() ?? '';
  const at = part === '' || part === source ? 0 : Math.max(0, source.indexOf(part));
  return {
    at,
    message: `is not a pattern that RE2 knows: ${cause.getDescription()}`,
    mend: 'write it in the syntax of RE2, which has no look-around and no back-references',
  };
}
