import type { Redactor } from '@drylane/chassis/redact/redact';
import type { CapturedOutput } from '@drylane/proto/evidence';

/** One output stream being captured. */
export interface OutputCapture {
  /** Takes what the command wrote; the chunk may be used again afterwards. */
  push(chunk: Buffer): void;
  /** What is kept of it. Nothing may be pushed after it. */
  end(): CapturedOutput;
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
      const { rest, redactions } = stream.end();
      kept.push(rest);
      return { ...kept.text(), bytes, redactions };
    },
  };
}

/** The first and the last half of `limit` bytes; the last ones in a ring, so that memory never grows past it. */
function keepEnds(limit: number) {
  const head = Buffer.alloc(Math.ceil(limit / 2));
  const ring = Buffer.alloc(Math.floor(limit / 2));
  let headBytes = 0;
  let ringBytes = 0;

  function toRing(chunk: Buffer): void {
    const last = chunk.subarray(Math.max(0, chunk.length - ring.length));
    const at = ring.length === 0 ? 0 : (ringBytes + chunk.length - last.length) % ring.length;
    const fits = last.copy(ring, at);
    last.copy(ring, 0, fits);
    ringBytes += chunk.length;
  }

  return {
    push(chunk: Buffer): void {
      const taken = chunk.copy(head, headBytes);
      headBytes += taken;
      if (taken < chunk.length) toRing(chunk.subarray(taken));
    },
    text(): { text: string; truncated: boolean } {
      const first = head.subarray(0, headBytes);
      if (ringBytes <= ring.length) {
        const whole = Buffer.concat([first, ring.subarray(0, ringBytes)]);
        return { text: whole.toString('utf8'), truncated: false };
      }
      const seam = ring.length === 0 ? 0 : ringBytes % ring.length;
      const last = Buffer.concat([ring.subarray(seam), ring.subarray(0, seam)]);
      const before = first.subarray(0, wholeEnd(first));
      const after = last.subarray(wholeStart(last));
      const out = headBytes + ringBytes - before.length - after.length;
      return {
        text: `${before.toString('utf8')}${leftOut(out, before)}${after.toString('utf8')}`,
        truncated: true,
      };
    },
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
