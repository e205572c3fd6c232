/** Finds many short words in one pass over bytes, whatever the case of ASCII letters. */
export interface Automaton {
  /** The most bytes a word has. */
  readonly longest: number;
  /**
   * Calls `found` with the index of each word that stands at or after `from`, and with where it starts.
   * Words that overlap are all reported, in the order of their ends.
   */
  scan(bytes: Uint8Array, from: number, found: (word: number, start: number) => void): void;
  /**
   * The same for words parted by white space, up to {@link WIDEST_BLANK} of it in one place: calls `found` with where
   * the last byte of the word stands.
   */
  scanSpaced(bytes: Uint8Array, from: number, found: (word: number, last: number) => void): void;
}

/** White space in a row that {@link Automaton.scanSpaced} looks over. */
export const WIDEST_BLANK = 8;

interface Trie {
  /** Next state by `state * width + class`; 0 is the root, and "nowhere yet" while words are added. */
  readonly next: Int32Array;
  readonly words: number[][];
  readonly width: number;
  readonly size: number;
}

/** Builds the automaton of Aho and Corasick (1975) as a full table, so that a scan is one look-up a byte. */
export function buildAutomaton(words: readonly Uint8Array[]): Automaton {
  const classes = classesOf(words);
  const trie = buildTrie(words, classes);
  linkFailures(trie);
  const table = encode(trie);
  const lengths = words.map((word) => word.length);
  const { width, words: ends } = trie;
  const visible = Int16Array.from(classes, (kind, byte) => (isSpace(byte) ? -1 : kind));

  return {
    longest: Math.max(1, ...lengths),
    scan(bytes, from, found) {
      let state = 0;
      for (let i = from; i < bytes.length; i++) {
        state = table[state + (classes[bytes[i] as number] as number)] as number;
        if (state < 0) {
          state = ~state;
          for (const word of ends[state / width] ?? []) found(word, i + 1 - (lengths[word] ?? 0));
        }
      }
    },
    scanSpaced(bytes, from, found) {
      let state = 0;
      let blank = 0;
      for (let i = from; i < bytes.length; i++) {
        const kind = visible[bytes[i] as number] as number;
        if (kind < 0) {
          blank += 1;
          if (blank > WIDEST_BLANK) state = 0;
          continue;
        }
        blank = 0;
        state = table[state + kind] as number;
        if (state < 0) {
          state = ~state;
          for (const word of ends[state / width] ?? []) found(word, i);
        }
      }
    },
  };
}

/** Whether a byte is white space: blank, tab, or what ends a line. */
export function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** Gives each byte that occurs in a word a small number, both cases of a letter the same; 0 is for the rest. */
function classesOf(words: readonly Uint8Array[]): Uint8Array {
  const classes = new Uint8Array(256);
  let last = 0;
  for (const word of words) {
    for (const byte of word) {
      const lower = fold(byte);
      if (classes[lower] === 0) classes[lower] = ++last;
    }
  }
  for (let upper = 0x41; upper <= 0x5a; upper++) classes[upper] = classes[upper + 32] ?? 0;
  return classes;
}

function fold(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}

function buildTrie(words: readonly Uint8Array[], classes: Uint8Array): Trie {
  const width = Math.max(...classes) + 1;
  const room = words.reduce((sum, word) => sum + word.length, 1);
  const next = new Int32Array(room * width);
  const ends: number[][] = [[]];
  words.forEach((word, index) => {
    let state = 0;
    for (const byte of word) {
      const edge = state * width + (classes[byte] ?? 0);
      if (next[edge] === 0) next[edge] = ends.push([]) - 1;
      state = next[edge] ?? 0;
    }
    ends[state]?.push(index);
  });
  return { next, words: ends, width, size: ends.length };
}

/** Turns missing edges into those of the longest suffix that is a state, breadth first. */
function linkFailures({ next, words, width, size }: Trie): void {
  const failure = new Int32Array(size);
  const queue: number[] = [];
  for (let c = 0; c < width; c++) if (next[c]) queue.push(next[c] ?? 0);
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0;
    const fallback = failure[state] ?? 0;
    words[state]?.push(...(words[fallback] ?? []));
    for (let c = 0; c < width; c++) {
      const edge = state * width + c;
      const target = next[fallback * width + c] ?? 0;
      if (next[edge] === 0) next[edge] = target;
      else {
        failure[next[edge] ?? 0] = target;
        queue.push(next[edge] ?? 0);
      }
    }
  }
}

/** States as row offsets; a state where a word ends is stored complemented, so that a scan tests its sign only. */
function encode({ next, words, width, size }: Trie): Int32Array {
  return next.subarray(0, size * width).map((state) => {
    const row = state * width;
    return (words[state]?.length ?? 0) > 0 ? ~row : row;
  });
}
