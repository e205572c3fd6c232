import { createFinder } from './finder.ts';
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
 * Makes a redactor for the values that are known to be secret, and for every kind in `RULES`. Known values are
 * also found in JSON strings, percent-encoded and in base64, and name what overlaps with them; values shorter
 * than 6 characters are ignored. What a command deliberately disguises in another way is not found.
 */
export function createRedactor(known: readonly KnownSecret[]): Redactor {
  const finder = createFinder(known);
  return {
    text(text) {
      const stream = openStream(finder);
      const first = stream.push(Buffer.from(text, 'utf8'));
      const { rest, redactions, kinds } = stream.end();
      return {
        text: redactions === 0 ? text : Buffer.concat([first, rest]).toString('utf8'),
        redactions,
        kinds,
      };
    },
    stream: () => openStream(finder),
  };
}
