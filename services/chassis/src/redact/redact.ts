import { createFinder, prepareRules } from './finder.ts';
import type { KnownSecret } from './known.ts';
import { openStream, type RedactStream, type Tally } from './stream.ts';

/** Takes secrets out of text and streams, leaving `[redacted:kind]` in the place of each. */
export interface Redactor {
  /** Scrubs a whole text; one without secrets comes back as it was. */
  text(text: string): Tally & { readonly text: string };
  /** Scrubs bytes as they come; bytes that are not UTF-8 are kept. */
  stream(): RedactStream;
}

/**
 * Makes a redactor for the values that are known to be secret, and for every kind in `RULES`. Known values are also
 * found in `ENCODINGS`, those of 24 bytes and more in part, and name what overlaps with them; values shorter than 6
 * characters are ignored. What a command disguises in another way is not found. Give the same `rules` to the
 * redactors of one process: they take longer to prepare than known values.
 */
export function createRedactor(known: readonly KnownSecret[], rules = prepareRules()): Redactor {
  const finder = createFinder(known, rules);
  return {
    text(text) {
      const stream = openStream(finder);
      const first = stream.push(Buffer.from(text, 'utf8'));
      const { rest, ...tally } = stream.end();
      return {
        text: tally.redactions === 0 ? text : Buffer.concat([first, rest]).toString('utf8'),
        ...tally,
      };
    },
    stream: () => openStream(finder),
  };
}
