import { Duration, milliseconds } from '@drylane/proto/quantities';
import { z } from 'zod';

/** A whole number as a variable holds it, both bounds included. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})$/, 'must be a whole number, in digits alone')
    .transform(Number)
    .pipe(z.int().min(min).max(max));
}

/** A TCP port; 0 lets the system choose. */
export const Port = wholeNumber(0, 65_535);

/** `true` or `false`, and no other word for it. */
export const Flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A duration such as `30s`, in milliseconds. */
export const DurationMs = Duration.transform(milliseconds);
