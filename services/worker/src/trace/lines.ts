/** The longest line that is looked at; the arguments of one call cannot be longer than a kernel allows. */
export const MAX_LINE = 32 * 1024 * 1024;

const SMALLEST_STORE = 64 * 1024;
const NEWLINE = 0x0a;

/** What becomes of the bytes: a line without its newline (only valid until the next one), or too much without one. */
export interface LineReader {
  line(line: Buffer): void;
  tooLong(): void;
}

/** Cuts bytes into lines, however they are cut into chunks. */
export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Whether the bytes so far end with a whole line. */
  atLineEnd(): boolean;
}

/** Makes a splitter that holds at most one unfinished line of `longest` bytes. */
export function splitLines(reader: LineReader, longest = MAX_LINE): LineSplitter {
  let store = Buffer.alloc(0);
  let held = 0;
  let skipping = false;

  const hold = (part: Buffer): void => {
    if (skipping) return;
    if (held + part.length > longest) {
      skipping = true;
      store = Buffer.alloc(0);
      held = 0;
      reader.tooLong();
      return;
    }
    store = withRoom(store, held, held + part.length);
    held += part.copy(store, held);
  };

  const finish = (part: Buffer): void => {
    if (held > 0) hold(part);
    if (skipping) skipping = false;
    else if (held > 0) reader.line(store.subarray(0, held));
    else if (part.length > longest) reader.tooLong();
    else reader.line(part);
    held = 0;
    if (store.length > SMALLEST_STORE) store = Buffer.alloc(0);
  };

  return {
    push: (chunk) => {
      let from = 0;
      for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
        finish(chunk.subarray(from, to));
        from = to + 1;
      }
      if (from < chunk.length) hold(chunk.subarray(from));
    },
    atLineEnd: () => held === 0 && !skipping,
  };
}

/** A store of at least `needed` bytes that begins with the first `held` of the old one; it doubles, so copies stay few. */
function withRoom(store: Buffer<ArrayBuffer>, held: number, needed: number): Buffer<ArrayBuffer> {
  if (needed <= store.length) return store;
  const larger = Buffer.allocUnsafe(Math.max(needed, store.length * 2, SMALLEST_STORE));
  store.copy(larger, 0, 0, held);
  return larger;
}
