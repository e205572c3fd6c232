import { describe, expect, it } from 'vitest';
import { hasPrometheus } from './prometheus.ts';

describe('a machine on which the tests run', () => {
  it('has Prometheus: npm run machine', async () => {
    expect(await hasPrometheus()).toBe(true);
  });
});
