import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOSTILE_CASES } from './cases.ts';

/** The case names that tests of this folder declare, by the calls that declare them. */
function declared(): Set<string> {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
  const text = files.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('\n');
  return new Set([...text.matchAll(/\bhostile\(\s*'([^']+)'/g)].map(([, name]) => name ?? ''));
}

describe('the hostile cases', () => {
  it('are each held by a test of that name, and no test goes by another', () => {
    expect([...declared()].sort()).toEqual([...HOSTILE_CASES].sort());
  });
});
