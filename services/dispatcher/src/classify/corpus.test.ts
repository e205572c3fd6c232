import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

/** Real command lines, kept beside the checkout; where they are not, there is nothing to measure. */
const CORPORA = new URL('../../../../../shared/corpora/', import.meta.url);

interface Row {
  readonly command: string;
  readonly class?: string;
  readonly strength?: string;
  readonly category?: string;
  readonly adversarial_fp?: boolean;
}

const rows = (name: string): Row[] =>
  readFileSync(new URL(name, CORPORA), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Row => JSON.parse(line));

const LEVELS = ['low', 'medium', 'high'] as const;

/** Shares of the rows at each level, and the rows at the levels that are not wanted. */
function measure(name: string, chosen: readonly Row[], wanted: readonly string[]) {
  const levels = chosen.map((row) => ({ row, risk: classify(row.command, { medium: 4, high: 7 }) }));
  const share = (level: string) => levels.filter((l) => l.risk.level === level).length / (chosen.length || 1);
  const misses = levels.filter((l) => !wanted.includes(l.risk.level));
  const shown = LEVELS.map((level) => `${level} ${(100 * share(level)).toFixed(1)}%`).join('  ');
  console.log(`${name.padEnd(24)} ${String(chosen.length).padStart(5)}  ${shown}`);
  if (process.env.DRYLANE_CORPUS_MISSES === name)
    for (const { row, risk } of misses)
      console.log(
        `  ${risk.score} ${JSON.stringify(row.command.slice(0, 200))}  ${risk.reasons
          .slice(0, 4)
          .map((r) => `${r.rule} ${r.points}`)
          .join(', ')}`,
      );
  return 1 - misses.length / (chosen.length || 1);
}

describe.skipIf(!existsSync(CORPORA))('on real command lines', () => {
  const ofClass = (name: string) => rows('benign.jsonl').filter((row) => row.class === name);

  it('finds what is clearly dangerous to be medium or high', () => {
    const strong = rows('dangerous.jsonl').filter((row) => row.strength === 'strong');
    expect(measure('dangerous strong', strong, ['medium', 'high'])).toBeGreaterThanOrEqual(0.97);
  });

  it('finds what only reads to be low', () => {
    expect(measure('readonly', ofClass('readonly'), ['low'])).toBeGreaterThanOrEqual(0.97);
  });

  it('finds what only mentions danger to be low', () => {
    const mentions = ofClass('readonly').filter((row) => row.adversarial_fp);
    expect(measure('adversarial_fp', mentions, ['low'])).toBeGreaterThanOrEqual(0.95);
  });

  it('finds local changes to be at most medium', () => {
    expect(measure('mutating-local', ofClass('mutating-local'), ['low', 'medium'])).toBeGreaterThanOrEqual(
      0.95,
    );
  });

  it('finds what destroys to be medium or high', () => {
    expect(measure('destructive', ofClass('destructive'), ['medium', 'high'])).toBeGreaterThanOrEqual(0.95);
  });

  it('shows where the rest stands', () => {
    measure(
      'dangerous weak',
      rows('dangerous.jsonl').filter((row) => row.strength === 'weak'),
      LEVELS,
    );
    for (const name of ['network', 'runs-code', 'unclassified']) measure(name, ofClass(name), LEVELS);
    measure('chains', rows('chains.jsonl'), LEVELS);
  });
});
