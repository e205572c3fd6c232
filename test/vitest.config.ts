import { defineConfig } from 'vitest/config';
import { reporters } from '../vitest.shared.ts';

export default defineConfig({
  // Real containers on few cores: one file at a time, and time enough on a slow machine.
  test: { ...reporters('test'), fileParallelism: false, testTimeout: 60_000, hookTimeout: 120_000 },
});
