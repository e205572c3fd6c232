import { DrylaneError } from '@drylane/proto/errors';

/** Longer lines are refused before they fill the memory: a command has at most 100,000 bytes, and JSON escapes six-fold. */
const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 10;

/** One line of a batch. */
export interface BatchRow {
  readonly id: unknown;
  readonly command: string;
}

/**
 * The rows of JSON Lines as they come, never more than one line ahead of whoever asks for them.
 * @throws DrylaneError `bad-input` that names the first line that is none.
 */
export async function* readBatch(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<BatchRow> {
  let number = 0;
  for await (const line of linesOf(input)) {
    number += 1;
    if (line === null) throw tooLong(number);
    const text = line.toString();
    if (text.trim() !== '') yield rowOf(text, number);
  }
}

/** The lines of a stream; null for one that is too long, after which nothing comes. */
async function* linesOf(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer | null> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk as Uint8Array);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      if (size + end - from > MAX_LINE_BYTES) return yield null;
      yield Buffer.concat([...held, bytes.subarray(from, end)]);
      [held, size, from] = [[], 0, end + 1];
    }
    held.push(bytes.subarray(from));
    size += bytes.length - from;
    if (size > MAX_LINE_BYTES) return yield null;
  }
  if (size > 0) yield Buffer.concat(held);
}

function rowOf(text: string, number: number): BatchRow {
  let row: { id?: unknown; command?: unknown } | null;
  try {
    row = JSON.parse(text);
  } catch (cause) {
    throw bad(number, 'is not JSON', cause);
  }
  if (typeof row?.command !== 'string') throw bad(number, 'has no command');
  return { id: row.id ?? null, command: row.command };
}

function bad(number: number, message: string, cause?: unknown): DrylaneError {
  const mend = 'write one {"id": …, "command": "…"} a line';
  return new DrylaneError('bad-input', { field: `line ${number}`, message, mend }, { cause });
}

function tooLong(number: number): DrylaneError {
  const message = `is longer than ${MAX_LINE_BYTES} bytes`;
  const mend = 'leave it out: no command that long is let in';
  return new DrylaneError('bad-input', { field: `line ${number}`, message, mend });
}
