import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Texts that other people wrote, which cannot be part of the repository. They are looked for in the directory that
 * DRYLANE_CORPORA names, else in `shared/corpora` beside the checkout.
 */
const CORPORA = process.env.DRYLANE_CORPORA ?? join(import.meta.dirname, '../../../../shared/corpora');

/** The rows of a file of JSON Lines there, or null where there is no such file. */
export function readCorpus<Row>(name: string): readonly Row[] | null {
  const file = join(CORPORA, name);
  return existsSync(file) ? parseLines(readFileSync(file, 'utf8')) : null;
}

/** What to tell where other people's rows are missing. */
export function missing(files: readonly string[]): string {
  return `not measured, because there is no ${files.join(', ')} in ${CORPORA}; set DRYLANE_CORPORA to the directory that holds them`;
}

export function parseLines<Row>(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Row => JSON.parse(line));
}
