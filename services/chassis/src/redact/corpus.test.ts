import { describe, expect, it } from 'vitest';
import { allSecrets } from './corpus.fixture.ts';
import { createRedactor } from './redact.ts';

/** Whether the longest run that looks made by a machine still stands in what was scrubbed. */
function coreIsLeft(before: string, after: string): boolean {
  const runs = before.match(/[A-Za-z0-9+_=-]{12,}/g)?.filter((run) => /[0-9]/.test(run)) ?? [];
  const core = runs.sort((a, b) => b.length - a.length)[0];
  return core !== undefined && after.includes(core);
}

describe.each(allSecrets())('the corpus of %s', (_, rows) => {
  const redactor = createRedactor([]);

  it('loses at least 95% of its secrets and at most 5% of what only looks so', () => {
    const secrets = rows.filter((row) => row.is_secret);
    const lookalikes = rows.filter((row) => !row.is_secret);
    expect(Math.min(secrets.length, lookalikes.length)).toBeGreaterThan(100);
    const missed = secrets.filter((row) => {
      const { text, redactions } = redactor.text(row.text);
      return redactions === 0 || coreIsLeft(row.text, text);
    });
    const touched = lookalikes.filter((row) => redactor.text(row.text).redactions > 0);
    console.log(
      `secrets taken out: ${secrets.length - missed.length} of ${secrets.length}` +
        ` (missed: ${missed.map((row) => row.kind).join(', ')})\n` +
        `look-alikes touched: ${touched.length} of ${lookalikes.length} (${touched.map((row) => row.kind).join(', ')})`,
    );
    expect(missed.length).toBeLessThanOrEqual(secrets.length * 0.05);
    expect(touched.length).toBeLessThanOrEqual(lookalikes.length * 0.05);
  });
});
