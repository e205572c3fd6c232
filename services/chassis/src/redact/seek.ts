import { type Anchor, knownWords } from './anchors.ts';
import { buildAutomaton } from './automaton.ts';
import { foldTable } from './encodings.ts';
import type { KnownSecret } from './known.ts';
import type { Seeker, Sighting } from './sighting.ts';
import { createSpacedSeeker } from './spaced.ts';

/** Bytes before and after a piece in which the rest of its value is followed, whatever the value's length. */
export const FOLLOWED_BACK = 64;
const FOLLOWED_AHEAD = 96;
const STEP = 4096;
// So many bytes that do not belong to a value may part it, as where a line is wrapped, and stand in a diff or a string.
const WIDEST_GAP = 8;
const GAP = new Set(Buffer.from('\r\n\t \\nr+-><|"\''));
const SPACE = new Set(Buffer.from('\r\n\t '));
// After a gap, fewer bytes that fit may do so by chance.
const SURE = 4;

const TABLES = { exact: foldTable('exact'), case: foldTable('case'), base64: foldTable('base64') };

/** Prepares to look for known values. Takes a millisecond for a token, more for a long key. */
export function createSeeker(known: readonly KnownSecret[]): Seeker {
  const words = knownWords(known);
  if (words.length === 0) return { find: (bytes) => ({ found: [], decided: bytes.length, wanted: 0 }) };
  const automaton = buildAutomaton(words.map((word) => word.bytes));
  const spaced = createSpacedSeeker(words);
  return {
    find(bytes, from, ended) {
      const found: Sighting[] = [];
      let decided = ended ? bytes.length : Math.max(from, bytes.length - automaton.longest + 1);
      let wanted = decided + STEP;
      automaton.scan(bytes, from, (index, start) => {
        const anchor = words[index]?.anchor;
        if (anchor === undefined || start >= decided) return;
        const needed = start + anchor.length + (anchor.partial ? FOLLOWED_AHEAD : 0);
        if (needed > bytes.length && !ended && mayStand(anchor, bytes, start)) {
          decided = start;
          wanted = needed;
        } else if (needed <= bytes.length || ended) {
          const range = rangeOf(anchor, bytes, start);
          const { partial, form } = anchor;
          if (range !== undefined)
            found.push({ anchor: start, ...range, name: form.name, kind: form.kind, partial });
        }
      });
      const apart = spaced.find(bytes, from, ended);
      if (apart.decided < decided) ({ decided, wanted } = apart);
      const all =
        apart.found.length === 0 ? found : [...found, ...apart.found].sort((a, b) => a.anchor - b.anchor);
      return { found: all.filter(({ anchor }) => anchor < decided), decided, wanted };
    },
  };
}

/** Whether the bytes that are there do not contradict an anchor. */
function mayStand({ form, offset, length }: Anchor, bytes: Uint8Array, start: number): boolean {
  const table = TABLES[form.folding];
  const there = Math.min(length, bytes.length - start);
  for (let i = 0; i < there; i++) {
    if (table[bytes[start + i] ?? 0] !== form.bytes[offset + i]) return false;
  }
  return true;
}

function rangeOf(
  anchor: Anchor,
  bytes: Uint8Array,
  start: number,
): { start: number; end: number } | undefined {
  const end = start + anchor.length;
  if (end > bytes.length || !mayStand(anchor, bytes, start)) return undefined;
  if (!anchor.partial) return { start, end };
  return {
    start: follow(anchor, anchor.offset - 1, bytes, start - 1, -1) + 1,
    end: follow(anchor, anchor.offset + anchor.length, bytes, end, 1),
  };
}

/**
 * Follows a form from index `i` on, or back, in bytes from `at` on, over the gaps that wrapping makes. Gives where
 * the bytes stop to be the form's.
 */
function follow({ form }: Anchor, i: number, bytes: Uint8Array, at: number, step: 1 | -1): number {
  const table = TABLES[form.folding];
  const room = step === 1 ? FOLLOWED_AHEAD : FOLLOWED_BACK;
  const stop = Math.min(bytes.length, Math.max(-1, at + step * room));
  let next = i;
  let reached = at;
  let gap = 0;
  let fits = SURE;
  for (let here = at; here !== stop; here += step) {
    const byte = table[bytes[here] ?? 0] ?? 0;
    next = pastSpace(form.bytes, next, byte, step);
    if (form.bytes[next] === undefined) break;
    if (form.bytes[next] === byte) {
      next += step;
      fits += 1;
      gap = 0;
      if (fits >= SURE || form.bytes[next] === undefined) reached = here + step;
    } else {
      fits = 0;
      gap += 1;
      if (gap > WIDEST_GAP || !GAP.has(byte)) break;
    }
  }
  return reached;
}

/** Where a form goes on, if its white space was left out; white space that is there stays. */
function pastSpace(form: Uint8Array, from: number, byte: number, step: 1 | -1): number {
  let at = from;
  while (form[at] !== byte && SPACE.has(form[at] ?? 0)) at += step;
  return at;
}
