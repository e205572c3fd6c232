import { readFileSync } from 'node:fs';
import { parseLines, readCorpus } from '@drylane/chassis/corpora.fixture';

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
