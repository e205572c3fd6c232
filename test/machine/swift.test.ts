import { describe, expect, it } from 'vitest';
import { hasSwift } from './swift.ts';

describe('a machine on which the tests run', () => {
  it('has Swift: npm run machine', async () => {
    expect(await hasSwift()).toBe(true);
  });
});
