import type { Writable } from 'node:stream';
import { createColors } from 'picocolors';

/** Colours of one stream: only a terminal gets them, and NO_COLOR is honoured (no-color.org). */
export function coloursFor(stream: Writable & { isTTY?: boolean }, env: NodeJS.ProcessEnv) {
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return createColors(wanted);
}

export type Colours = ReturnType<typeof coloursFor>;
