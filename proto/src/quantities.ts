import { z } from 'zod';

const DURATION_UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const SIZE_UNITS = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 } as const;

const A_DURATION = 'must be a whole number with a unit: 500ms, 60s, 15m, 24h';
const A_SIZE = 'must be a whole number of bytes, Ki, Mi or Gi: 64Ki, 512Mi, 4Gi';

/** A time such as `500ms`, `60s`, `15m`, `24h`. */
export const Duration = z.string(A_DURATION).regex(/^[1-9][0-9]{0,8}(ms|s|m|h)$/, A_DURATION);
export type Duration = z.infer<typeof Duration>;

/** A size such as `4096`, `64Ki`, `512Mi`, `4Gi`. */
export const Size = z.string(A_SIZE).regex(/^[1-9][0-9]{0,11}(Ki|Mi|Gi)?$/, A_SIZE);
export type Size = z.infer<typeof Size>;

/** Milliseconds in a {@link Duration}. */
export function milliseconds(duration: Duration): number {
  const [, number, unit] = /^(\d+)(ms|s|m|h)$/.exec(duration) ?? [];
  return Number(number) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS];
}

/** Bytes in a {@link Size}. */
export function bytes(size: Size): number {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi)?$/.exec(size) ?? [];
  return Number(number) * SIZE_UNITS[(unit ?? '') as keyof typeof SIZE_UNITS];
}
