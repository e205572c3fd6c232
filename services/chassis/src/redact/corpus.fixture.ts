import { readCorpus } from '../corpora.fixture.ts';

/** A published text that holds a secret, or only looks so. */
export interface CorpusRow {
  readonly text: string;
  readonly kind: string;
  readonly is_secret: boolean;
}

/** The corpus of published secrets, which trip scanners and so are not in the checkout; empty where it is missing. */
export function readSecrets(): readonly CorpusRow[] {
  return readCorpus<CorpusRow>('secrets.jsonl') ?? [];
}
