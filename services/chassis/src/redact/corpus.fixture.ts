import { missing, readCorpus } from '../corpora.fixture.ts';
import { RULES } from './rules.ts';
import { expandSample } from './samples.ts';

/** A text that holds a secret, or only looks so. */
export interface CorpusRow {
  readonly text: string;
  readonly kind: string;
  readonly is_secret: boolean;
}

const FILE = 'secrets.jsonl';

/** Our own rows, of the rules' examples, so that they are always there. */
function ownSecrets(): readonly CorpusRow[] {
  const rows = RULES.flatMap(({ kind, matches, not_matches }) => [
    ...matches.map((template) => ({ template, kind, is_secret: true })),
    ...not_matches.map((template) => ({ template, kind, is_secret: false })),
  ]);
  return rows.map(({ template, ...row }) => ({ ...row, text: expandSample(template) }));
}

/** A name, and the rows that it stands for. */
type Corpus = readonly [name: string, rows: readonly CorpusRow[]];

/** Rows that other people published, which trip scanners and so are not in the checkout; it says so where they are missing. */
export function publishedSecrets(): readonly Corpus[] {
  const rows = readCorpus<CorpusRow>(FILE);
  if (rows !== null) return [['published secrets', rows]];
  console.log(`published secrets: ${missing([FILE])}`);
  return [];
}

/** Everything that is measured: our own rows in any case, and those of others where they are. */
export function allSecrets(): readonly Corpus[] {
  return [['our own secrets', ownSecrets()], ...publishedSecrets()];
}
