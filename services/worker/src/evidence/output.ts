import type { Redactor } from '@drylane/chassis/redact/redact';
import type { CapturedOutput } from '@drylane/proto/evidence';
import { type Ends, keepEnds } from './ends.ts';

/** What was kept of an output stream, and the credentials that were seen in all of it. */
export interface SeenOutput {
  readonly captured: CapturedOutput;
  readonly credentials: readonly string[];
}

/** One output stream being captured. */
export interface OutputCapture {
  /** Takes what the command wrote; the chunk may be used again afterwards. */
  push(chunk: Buffer): void;
  /** What is kept of it. Nothing may be pushed after it. */
  end(): SeenOutput;
}

/**
 * Captures an output stream in bounded memory, scrubbed before anything is cut: a secret at the cut is gone, not
 * halved. Of more than `limitBytes` scrubbed bytes the first and the last half are kept, with a line between them
 * that says how many are left out. `bytes` counts what the command wrote; what is no UTF-8 shows as U+FFFD.
 */
export function captureOutput(limitBytes: number, redactor: Redactor): OutputCapture {
  const stream = redactor.stream();
  const kept = keepEnds(limitBytes);
  let bytes = 0;
  return {
    push(chunk) {
      bytes += chunk.length;
      kept.push(stream.push(chunk));
    },
    end() {
      const { rest, redactions, known } = stream.end();
      kept.push(rest);
      return {
        captured: { ...textOf(kept.ends()), bytes, redactions },
        credentials: Object.keys(known),
      };
    },
  };
}

/** Both ends as text, with a line between them where something is left out. */
function textOf({ first, last, leftOut: gap }: Ends): { text: string; truncated: boolean } {
  if (gap === 0) return { text: Buffer.concat([first, last]).toString('utf8'), truncated: false };
  const before = first.subarray(0, wholeEnd(first));
  const after = last.subarray(wholeStart(last));
  const out = gap + first.length - before.length + last.length - after.length;
  return {
    text: `${before.toString('utf8')}${leftOut(out, before)}${after.toString('utf8')}`,
    truncated: true,
  };
}

function leftOut(bytes: number, before: Buffer): string {
  const fresh = before.length === 0 || before.at(-1) === 0x0a;
  return `${fresh ? '' : '\n'}… ${bytes.toLocaleString('en-US')} bytes left out …\n`;
}

/** Where to end so that no UTF-8 character is begun and not finished. */
function wholeEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Where to start so that no UTF-8 character is entered in its middle. */
function wholeStart(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start] ?? 0)) start += 1;
  return start;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
