import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './embedded/desk.ts';
import { keepRun, RUN } from './embedded/records.fixture.ts';
import { reportOf } from './embedded/records.ts';
import { termsOf } from './terms.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'drylane-terms-'));
});
afterEach(() => rmSync(state, { recursive: true }));

/** What a person is shown of a run that would land by a mode. */
async function shown(mode: 'apply' | 'rerun', writes: readonly string[]) {
  await keepRun(state, null);
  await using desk = await openDesk(state, {});
  const { dossier } = await reportOf(desk, RUN);
  const { judgement } = dossier;
  const intent = { ...judgement.envelope.intent, expected_writes: [...writes] };
  const lines = termsOf({
    ...dossier,
    mode,
    judgement: { ...judgement, envelope: { ...judgement.envelope, intent }, forbidden: ['.git/'] },
  });
  return new Map(lines.map(({ label, text }) => [label, text]));
}

describe('the terms of an approval', () => {
  it('say what a command that runs again may write and may not touch: nobody has seen all that it does', async () => {
    const terms = await shown('rerun', ['**', 'a.txt']);
    expect(terms.get('may write')).toBe('**\na.txt');
    expect(terms.get('may not touch')).toBe('.git/');
  });

  it('say so where it may write nothing', async () => {
    expect((await shown('rerun', [])).get('may write')).toBe('nothing');
  });

  it('leave that out where the changes themselves are shown', async () => {
    expect((await shown('apply', ['**'])).has('may write')).toBe(false);
  });
});
