import { type Anchor, spacedWords, type Word } from './anchors.ts';
import { buildAutomaton, isSpace, WIDEST_BLANK } from './automaton.ts';
import { foldTable } from './encodings.ts';
import type { Seeker, Sighting } from './sighting.ts';

/** Bytes before and after a piece in which the rest of its value is followed. */
const FOLLOWED = { back: 64, ahead: 96 };
const STEP = 4096;
const TABLES = { exact: foldTable('exact'), case: foldTable('case'), base64: foldTable('base64') };

/**
 * Prepares to look for known values, whole or in part, that have white space between their bytes: wrapped at any width,
 * or told one character at a time. What has none between is left to the plain search.
 */
export function createSpacedSeeker(all: readonly Word[]): Seeker {
  const words = spacedWords(all);
  const automaton = buildAutomaton(words.map((word) => word.bytes));
  // The end of a word may have all its white space before it.
  const tail = automaton.longest * (WIDEST_BLANK + 1);
  return {
    find(bytes, from, ended) {
      const found: Sighting[] = [];
      let decided = ended ? bytes.length : Math.max(from, bytes.length - tail);
      let wanted = decided + tail + STEP;
      automaton.scanSpaced(bytes, from, (index, last) => {
        const word = words[index];
        if (word === undefined) return;
        const start = stride(bytes, last, word.bytes.length - 1, -1);
        if (start < from || start >= decided) return;
        const end = endOf(word.anchor, bytes, start);
        if (end === undefined) return;
        const needed = neededFor(end, bytes);
        if (needed > bytes.length && !ended) {
          decided = start;
          wanted = needed;
        } else if (end !== 'unread' && end - start > word.anchor.length) {
          found.push(sightingOf(word.anchor, bytes, start, end));
        }
      });
      return { found, decided, wanted };
    },
  };
}

/** Up to where bytes have to be there, so that an anchor can be judged and what is around it followed. */
const neededFor = (end: number | 'unread', bytes: Uint8Array): number =>
  (end === 'unread' ? bytes.length : end) + FOLLOWED.ahead;

/** Where the byte stands that is so many, white space not counted, before or after the one at `at`. */
function stride(bytes: Uint8Array, at: number, count: number, step: 1 | -1): number {
  let here = at;
  for (let left = count; left > 0; left--) {
    here += step;
    while (isSpace(bytes[here] ?? 0)) here += step;
  }
  return here;
}

/** The end of an anchor that begins at `start`; undefined where it does not stand, unread where bytes are missing. */
function endOf(
  { form, offset, length }: Anchor,
  bytes: Uint8Array,
  start: number,
): number | 'unread' | undefined {
  const table = TABLES[form.folding];
  let at = start;
  for (let i = 0; i < length; i++) {
    let blank = 0;
    while (i > 0 && blank < WIDEST_BLANK && isSpace(bytes[at] ?? 0)) {
      blank += 1;
      at += 1;
    }
    if (at >= bytes.length) return 'unread';
    if (table[bytes[at] ?? 0] !== form.bytes[offset + i]) return undefined;
    at += 1;
  }
  return at;
}

function sightingOf(anchor: Anchor, bytes: Uint8Array, start: number, end: number): Sighting {
  const { form, offset, length, partial } = anchor;
  const { name, kind } = form;
  if (!partial) return { anchor: start, start, end, name, kind, partial };
  const first = follow(anchor, offset - 1, bytes, start - 1, -1) + 1;
  return {
    anchor: start,
    start: first,
    end: follow(anchor, offset + length, bytes, end, 1),
    name,
    kind,
    partial,
  };
}

/** Follows a form over white space from its index `i`, in bytes from `at`; gives where the bytes stop to be its own. */
function follow({ form }: Anchor, i: number, bytes: Uint8Array, at: number, step: 1 | -1): number {
  const table = TABLES[form.folding];
  const room = step === 1 ? FOLLOWED.ahead : FOLLOWED.back;
  let reached = at;
  let next = i;
  let blank = 0;
  for (let here = at; here >= 0 && here < bytes.length && Math.abs(here - at) < room; here += step) {
    const byte = bytes[here] ?? 0;
    if (isSpace(byte)) {
      blank += 1;
      if (blank > WIDEST_BLANK) break;
      continue;
    }
    if (table[byte] !== form.bytes[next]) break;
    next += step;
    blank = 0;
    reached = here + step;
  }
  return reached;
}
