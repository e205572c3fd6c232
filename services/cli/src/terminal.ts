import type { Writable } from 'node:stream';
import { visible } from '@drylane/chassis/redact/visible';
import { createColors } from 'picocolors';

/** Colours of one stream: only a terminal gets them, and NO_COLOR is honoured (no-color.org). */
export function coloursFor(stream: Writable & { isTTY?: boolean }, env: NodeJS.ProcessEnv) {
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return createColors(wanted);
}

/** Text of the command's on one line, whatever it holds: a path, a program's name, a word of its argv. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\x0a').replaceAll('\t', '\\x09');
}

export type Colours = ReturnType<typeof coloursFor>;

/** The last moment that there is a date for; another machine may name a later one. */
const LAST_MS = 8.64e15;

/** A moment as people read it, to the second, in UTC. */
export function utc(ms: number): string {
  return new Date(Math.min(LAST_MS, Math.max(-LAST_MS, ms))).toISOString().slice(0, 19).replace('T', ' ');
}
