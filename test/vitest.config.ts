import { defineConfig } from 'vitest/config';
import { reporters } from '../vitest.shared.ts';

/** Files that measure time or memory, change what others stand on, or keep the whole machine busy by themselves. */
const ALONE = [
  'chaos/*.test.ts',
  'deploy/*.test.ts',
  'fleet/*.test.ts',
  'hostile/{files,hostile,limits,memory,mixed,sizes}.test.ts',
  'machine/*.test.ts',
];

export default defineConfig({
  test: {
    ...reporters('test'),
    // Real containers on few cores: time enough on a slow machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'together',
          exclude: [...ALONE, '**/node_modules/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
