import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A published text that holds a secret, or only looks so. */
export interface CorpusRow {
  readonly text: string;
  readonly kind: string;
  readonly is_secret: boolean;
}

// Published secrets trip scanners, so they are kept beside the checkout and not in it.
const CORPUS = fileURLToPath(new URL('../../../../../shared/corpora/secrets.jsonl', import.meta.url));

/** The corpus of published secrets; empty where it is not beside the checkout. */
export function readCorpus(): readonly CorpusRow[] {
  if (!existsSync(CORPUS)) return [];
  const lines = readFileSync(CORPUS, 'utf8').trim().split('\n');
  return lines.map((line): CorpusRow => JSON.parse(line));
}
