import { Refusal } from './fault.ts';

/** What all rules of a policy may still hold together. */
export interface Room {
  /** Names, values and operators. */
  parts: number;
  /** Calls of `matches`. */
  patterns: number;
  /** About how large their patterns are, in characters. */
  patternSize: number;
}

/** Reading so many takes about a third of a second. */
export const MAX_PARTS = 50_000;
/** Each keeps up to an eighth of a megabyte of what it has tried. */
export const MAX_PATTERNS = 500;
/** They take about a second to compile. */
const MAX_PATTERN_SIZE = 50_000;

/** The room of a policy of which no rule was read yet. */
export function wholeRoom(): Room {
  return { parts: MAX_PARTS, patterns: MAX_PATTERNS, patternSize: MAX_PATTERN_SIZE };
}

/** Whether nothing more fits, whatever it is, so that one refusal says it all. */
export function isFull({ parts, patterns }: Room): boolean {
  return parts < 0 || patterns < 0;
}

/** Takes the parts of a rule. @throws Refusal where there is no room for them. */
export function takeParts(room: Room, parts: number): void {
  room.parts -= parts;
  if (room.parts < 0)
    throw new Refusal(
      0,
      `is one rule too many: all together have more than ${MAX_PARTS} names, values and operators`,
      'write fewer or shorter rules; one matches("a|b") stands for many comparisons',
    );
}

/** Takes the room of a pattern. @throws Refusal where there is none. */
export function takePattern(room: Room, at: number, size: number): void {
  room.patterns -= 1;
  if (room.patterns < 0)
    throw new Refusal(
      at,
      `is one pattern too many: a policy has at most ${MAX_PATTERNS}`,
      'join some of them: matches("a|b")',
    );
  room.patternSize -= size;
  if (room.patternSize < 0)
    throw new Refusal(
      at,
      'is one pattern too many: together they are too large',
      'repeat less with {n}, or write fewer',
    );
}
