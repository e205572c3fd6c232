import { z } from 'zod';

/** `run_` and a ULID: sorts by time of submission. */
export const RunId = z.string().regex(/^run_[0-9A-HJKMNP-TV-Z]{26}$/, 'must be run_ and a ULID');
export type RunId = z.infer<typeof RunId>;

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Makes a run's id from a time (milliseconds since 1970) and 10 random bytes; see github.com/ulid/spec. */
export function runId(nowMs: number, random: Uint8Array): RunId {
  if (random.length < 10) throw new RangeError('a run id needs 10 random bytes');
  let value = BigInt(nowMs);
  for (const byte of random.subarray(0, 10)) value = (value << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = CROCKFORD[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return `run_${text}`;
}

/** When a run was submitted, by its id: milliseconds since 1970. */
export function timeOfRun(id: RunId): number {
  const digits = id.slice('run_'.length, 'run_'.length + 10);
  return Array.from(digits).reduce((ms, digit) => ms * 32 + CROCKFORD.indexOf(digit), 0);
}
