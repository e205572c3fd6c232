import { RE2JS, RE2JSSyntaxException } from 're2js';
import { trapIn } from './traps.ts';

const MAX_PATTERN = 1000;
// What RE2 makes of a pattern, in instructions: in the worst case each looks at each character.
const MAX_PROGRAM = 1000;
const INSTRUCTIONS_PER_UNIT = 64;
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

/**
 * Compiles a pattern with RE2, which never goes back in the text. One that would make any other engine do so for hours is
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
  try {
    const compiled = RE2JS.compile(source);
    const size = compiled.programSize();
    if (size > MAX_PROGRAM)
      return { at: 0, message: 'is too large a pattern', mend: 'repeat less with {n}, or split it' };
    return {
      test: (text) => compiled.test(text),
      cost: (length) => UNITS_PER_CALL + length * (UNITS_PER_CHARACTER + size / INSTRUCTIONS_PER_UNIT),
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
