import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitProblems, MOST, settleLimits } from './limits.ts';

describe('limits', () => {
  it('are refused above the maximum of policy, and above ours where policy names none', () => {
    expect(limitProblems({ timeout: '2m', memory: '5Gi', pids: 12 }, { timeout: '60s' }, 'limits')).toEqual([
      {
        field: 'limits.timeout',
        message: 'is 2m, more than the 60s that policy allows',
        mend: 'make it at most 60s',
      },
      {
        field: 'limits.memory',
        message: 'is 5Gi, more than the 4Gi that policy allows',
        mend: 'make it at most 4Gi',
      },
    ]);
    expect(limitProblems(MOST, {}, 'limits')).toEqual([]);
  });

  it('come from the envelope, else from policy, else from us, lowered to what policy allows', () => {
    const policy = { default: { timeout: '30s', cpus: 0.5 }, max: { memory: '64Mi' } };
    expect(settleLimits({ cpus: 2, timeout: undefined }, policy)).toMatchObject({
      cpus: 2,
      timeoutMs: 30_000,
      memoryBytes: 64 * 2 ** 20,
      pids: 256,
    });
  });

  it('never pass the maximum, whatever is asked for', () => {
    const pids = fc.integer({ min: 8, max: 32_768 });
    fc.assert(
      fc.property(fc.option(pids), fc.option(pids), pids, (asked, usual, max) => {
        const limits = { default: usual === null ? {} : { pids: usual }, max: { pids: max } };
        const settled = settleLimits(asked === null ? {} : { pids: asked }, limits);
        expect(settled.pids).toBeLessThanOrEqual(max);
        for (const value of Object.values(settled)) expect(value).toBeGreaterThan(0);
      }),
    );
  });
});
