import type { Redactor } from '@drylane/chassis/redact/redact';
import type { Scrub } from './changes.ts';
import { createPace } from './pace.ts';

/** Bytes scrubbed in one go. */
const PIECE = 64 * 1024;

/** Makes a {@link Scrub} of a redactor, which lets the rest of the process run between pieces of a long text. */
export function scrubWith(redactor: Redactor): Scrub {
  return async (text) => {
    const stream = redactor.stream();
    const pace = createPace();
    const out: Buffer[] = [];
    for (let at = 0; at < text.length; at += PIECE) {
      out.push(stream.push(text.subarray(at, at + PIECE)));
      await pace();
    }
    const { rest, redactions, kinds } = stream.end();
    // A line of a key is a secret that does not look like one, and a damaged key does not end where it should.
    if (kinds['private-key'] !== undefined) return 'withhold';
    return redactions === 0 ? null : Buffer.concat([...out, rest]);
  };
}
