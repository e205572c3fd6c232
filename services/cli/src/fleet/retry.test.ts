import { describe, expect, it } from 'vitest';
import { type Attempt, type Failure, PATIENCE, waitBefore } from './retry.ts';

const answer = (status: number, retryAfter: string | null = null): Failure => ({
  ...{ kind: 'answer', status, retryAfter },
});
const wait = (failure: Failure, more: Partial<Attempt> = {}) =>
  waitBefore({ failure, attempt: 1, isSafe: true, ...more }, PATIENCE, 1);

describe('another attempt', () => {
  it.each([
    [{ kind: 'refused-connection' }, true, true],
    [{ kind: 'lost' }, true, false],
    [answer(429), true, true],
    [answer(503), true, false],
    [answer(502), true, false],
    [answer(500), false, false],
    [answer(400), false, false],
    [answer(409), false, false],
  ] as const)('is made after %j only where it may help and does no harm', (failure, safe, unsafe) => {
    expect(wait(failure) !== undefined).toBe(safe);
    expect(wait(failure, { isSafe: false }) !== undefined).toBe(unsafe);
  });

  it('waits longer each time, and ends', () => {
    const waits = [1, 2, 3, 4, 5].map((attempt) => wait(answer(503), { attempt }));
    expect(waits).toEqual([250, 500, 1000, 2000, undefined]);
  });

  it('comes when the server says, unless that is too long, or no number', () => {
    expect(wait(answer(429, '7'))).toBe(7000);
    expect(wait(answer(429, '16'))).toBeUndefined();
    expect(wait(answer(429, 'Wed, 21 Oct 2026 07:28:00 GMT'))).toBe(250);
    expect(wait(answer(429, '-1'))).toBe(250);
  });
});
