/** How much work an evaluation may still do; one unit is about ten nanoseconds. */
export interface Meter {
  left: number;
}

// Measured: one that is thrown and caught costs about a microsecond.
export const UNITS_PER_FAILURE = 100;
// And one that is made for it ten times as much: it looks where it stands.
export const UNITS_PER_NEW_FAILURE = 1000;

// A list that is made takes memory, which has to be collected, too.
export const UNITS_PER_ENTRY = 4;

/** The work of an expression has come to its bound. No operator of an expression hides it. */
export class Exhausted extends Error {}

/** Takes work from a meter before it is done. @throws Exhausted where there is not that much left. */
export function spend(meter: Meter, units: number): void {
  meter.left -= units;
  if (meter.left < 0) throw new Exhausted('the work that an expression may do is used up');
}
