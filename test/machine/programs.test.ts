import { describe, expect, it } from 'vitest';
import { PROGRAMS } from './programs.ts';

describe('a machine on which the tests run', () => {
  it.each(PROGRAMS)('has $name: npm run machine', async (program) => {
    expect(await program.isInstalled()).toBe(true);
  });
});
