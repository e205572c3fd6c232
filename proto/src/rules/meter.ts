/** How much work an evaluation may still do; one unit is about ten nanoseconds. */
export interface Meter {
  left: number;
}

/** The work of an expression has come to its bound. No operator of an expression hides it. */
export class Exhausted extends Error {}

/** Takes work from a meter before it is done. @throws Exhausted where there is not that much left. */
export function spend(meter: Meter, units: number): void {
  meter.left -= units;
  if (meter.left < 0) throw new Exhausted('the work that an expression may do is used up');
}
