import { Transform } from 'node:stream';
import type { Redactor } from './redact.ts';

/** A redactor as a Node stream, for pipes: what is written comes out scrubbed. */
export function redactPipe(redactor: Redactor): Transform {
  const stream = redactor.stream();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, stream.push(chunk));
    },
    flush(done) {
      done(null, stream.end().rest);
    },
  });
}
