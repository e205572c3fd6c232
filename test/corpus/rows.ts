import { readFileSync } from 'node:fs';
import { CORPORA, parseLines, readCorpus } from '@drylane/chassis/corpora.fixture';

/** Where rows stand. */
export type RowFile = 'own.jsonl' | 'benign.jsonl' | 'dangerous.jsonl' | 'chains.jsonl';

/** A command line that somebody sorted by what it does. */
export interface Row {
  readonly command: string;
  readonly class?: string;
  readonly category?: string;
  readonly strength?: string;
  readonly adversarial_fp?: boolean;
}

/** The rows of a file: our own, which are always there, or other people's. Null where those are missing. */
export function readRows(file: RowFile): readonly Row[] | null {
  if (file !== 'own.jsonl') return readCorpus<Row>(file);
  return parseLines<Row>(readFileSync(new URL(file, import.meta.url), 'utf8'));
}

/** What to tell where other people's rows are missing. */
export function missing(files: readonly string[]): string {
  return `not measured, because there is no ${files.join(', ')} in ${CORPORA}; set DRYLANE_CORPORA to the directory that holds them`;
}
