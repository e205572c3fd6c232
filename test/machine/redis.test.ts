import { describe, expect, it } from 'vitest';
import { hasRedis } from './redis.ts';

describe('a machine on which the tests run', () => {
  it('has Redis: npm run machine', async () => {
    expect(await hasRedis()).toBe(true);
  });
});
