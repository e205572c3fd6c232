import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunId, runId, timeOfRun } from './ids.ts';

const TIMES = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const RANDOM = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe('the id of a run', () => {
  it('is run_ and a ULID', () => {
    expect(runId(0, new Uint8Array(10))).toBe(`run_${'0'.repeat(26)}`);
    expect(runId(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe(`run_7${'Z'.repeat(25)}`);
    expect(runId(1_469_922_850_259, new Uint8Array(10))).toBe(`run_01ARZ3NDEK${'0'.repeat(16)}`);
  });

  it('is always well-formed and sorts by time', () => {
    fc.assert(
      fc.property(TIMES, TIMES, RANDOM, RANDOM, (a, b, left, right) => {
        const [first, second] = [runId(a, left), runId(b, right)];
        expect(RunId.safeParse(first).success).toBe(true);
        expect(timeOfRun(first)).toBe(a);
        if (a !== b) expect(first < second).toBe(a < b);
      }),
    );
  });

  it('differs for different random bytes', () => {
    fc.assert(
      fc.property(TIMES, RANDOM, RANDOM, (time, left, right) => {
        expect(runId(time, left) === runId(time, right)).toBe(Buffer.from(left).equals(Buffer.from(right)));
      }),
    );
  });

  it('needs ten random bytes', () => {
    expect(() => runId(0, new Uint8Array(9))).toThrow(RangeError);
  });

  it.each([
    'run_',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    `run_${'I'.repeat(26)}`,
    `run_${'0'.repeat(27)}`,
    `run_${'0'.repeat(26)}\n`,
    '../run',
  ])('is not %j', (text) => {
    expect(RunId.safeParse(text).success).toBe(false);
  });
});
