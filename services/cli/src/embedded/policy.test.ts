import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPolicy } from './policy.ts';

// A recipient whose identity nobody has, and the same with its last letter changed.
const GOOD = 'age12jsmcdgxmjzcrqf9ljsnuwdt3tzrjk3l7tmrxxsjan7zf9uv7qhsuy66h9';
const DAMAGED = `${GOOD.slice(0, -1)}q`;

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'drylane-policy-'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function policy(...recipients: readonly string[]): string {
  const file = join(place, `${recipients.length}.yaml`);
  writeFileSync(file, `version: 1\nevidence: { raw_output: { seal_to: [ ${recipients.join(', ')} ] } }\n`);
  return file;
}

describe('a policy that keeps raw output', () => {
  it('loads when something can be sealed to each it names', async () => {
    const { policy: loaded } = await openPolicy(policy(GOOD));
    expect(loaded.evidence.raw_output?.seal_to).toEqual([GOOD]);
    expect((await openPolicy(undefined)).shipped).toBe(true);
  });

  it('is refused by file and field when one of them is damaged', async () => {
    const file = policy(GOOD, DAMAGED);
    await expect(openPolicy(file)).rejects.toMatchObject({
      code: 'bad-policy',
      problems: [{ field: `${file} evidence.raw_output.seal_to.1` }],
    });
  });
});
