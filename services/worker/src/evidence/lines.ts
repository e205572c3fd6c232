import { structuredPatch } from 'diff';
import { gnuHunks } from './gnu-diff.ts';

/** How two texts differ by line. */
export interface LineDiff {
  readonly additions: number;
  readonly deletions: number;
  /** Unified hunks, bytes held one to a character (latin1). */
  readonly hunks: string;
}

const NEWLINE = 10;
const CONTEXT_LINES = 3;
const DEADLINE_MS = 100;
const MAX_EDITS = 1000;
/** More lines than this go to GNU diff, which is quicker with them. */
const MAX_LINES = 50_000;
/** More lines than this are not compared at all: that takes a hundred bytes of memory for each. */
const MAX_GNU_LINES = 2_000_000;
/** Milliseconds for all comparisons of one rehearsal; a hostile command can make each of them the worst case. */
const BUDGET_MS = 10_000;

/** The lines in a text; a last one without a newline counts. */
export function countLines(text: Uint8Array): number {
  let lines = text.length > 0 && text[text.length - 1] !== NEWLINE ? 1 : 0;
  for (let at = text.indexOf(NEWLINE); at >= 0; at = text.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** All lines of a text as one hunk that adds or deletes them, at most `maxBytes` of it. */
export function wholeHunk(text: Buffer, sign: '+' | '-', maxBytes: number): string {
  const lines = countLines(text);
  if (lines === 0) return '';
  const range = lines === 1 ? '1' : `1,${lines}`;
  const header = sign === '+' ? `@@ -0,0 +${range} @@\n` : `@@ -${range} +0,0 @@\n`;
  const shown = text.subarray(0, maxBytes).toString('latin1');
  const ended = shown.endsWith('\n');
  const body = `${sign}${(ended ? shown.slice(0, -1) : shown).replaceAll('\n', `\n${sign}`)}\n`;
  return header + body + (ended || shown.length < text.length ? '' : '\\ No newline at end of file\n');
}

/** Compares two texts; null when that costs too much. */
export type Differ = (before: Buffer, after: Buffer) => Promise<LineDiff | null>;

/** Makes a {@link Differ} for one rehearsal: a bounded comparison here, then GNU diff's, then none. */
export function createDiffer(budgetMs: number = BUDGET_MS): Differ {
  let left = budgetMs;
  return async (before, after) => {
    if (left <= 0) return null;
    const started = performance.now();
    const lines = countLines(before) + countLines(after);
    const here = lines > MAX_LINES ? null : diffHere(before, after);
    const diff = here ?? (lines > MAX_GNU_LINES ? null : await diffByGnu(before, after));
    left -= performance.now() - started;
    return diff;
  };
}

/** Myers' algorithm from the `diff` package, given up after {@link MAX_EDITS} edits or {@link DEADLINE_MS}. */
export function diffHere(before: Buffer, after: Buffer): LineDiff | null {
  const { head, tail } = commonEnds(before, after);
  const middle = (text: Buffer) => text.toString('latin1', head, text.length - tail);
  // As latin1, so that two different bytes which are not UTF-8 do not look alike.
  const patch = structuredPatch('', '', middle(before), middle(after), '', '', {
    context: CONTEXT_LINES,
    maxEditLength: MAX_EDITS,
    timeout: DEADLINE_MS,
  });
  if (patch === undefined) return null;
  const skipped = countLines(before.subarray(0, head));
  const hunks = patch.hunks.map((h) => {
    const from = range(h.oldStart + skipped, h.oldLines);
    return `@@ -${from} +${range(h.newStart + skipped, h.newLines)} @@\n${h.lines.join('\n')}\n`;
  });
  return counted(hunks.join(''));
}

const range = (start: number, lines: number): string =>
  lines === 1 ? `${start}` : `${lines === 0 ? Math.max(0, start - 1) : start},${lines}`;

/**
 * How many bytes at both ends need no comparison: whole lines that are equal, but for those that are the context
 * of what differs. A line without its newline is never among them.
 */
function commonEnds(before: Buffer, after: Buffer): { readonly head: number; readonly tail: number } {
  const most = Math.min(before.length, after.length);
  let same = 0;
  while (same < most && before[same] === after[same]) same++;
  const head = lineStart(before, same, CONTEXT_LINES);
  let tail = 0;
  while (tail < most - same && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  let end = before.length - tail;
  for (let lines = 0; lines <= CONTEXT_LINES && end < before.length; lines++) {
    const newline = before.indexOf(NEWLINE, end);
    end = newline < 0 ? before.length : newline + 1;
  }
  return { head, tail: before.length - end };
}

/** Where the line begins that is `lines` lines above the one at `offset`. */
function lineStart(text: Buffer, offset: number, lines: number): number {
  let start = text.subarray(0, offset).lastIndexOf(NEWLINE) + 1;
  for (let above = 0; above < lines && start > 0; above++)
    start = text.subarray(0, start - 1).lastIndexOf(NEWLINE) + 1;
  return start;
}

async function diffByGnu(before: Buffer, after: Buffer): Promise<LineDiff | null> {
  const hunks = await gnuHunks(before, after, CONTEXT_LINES);
  return hunks === null ? null : counted(hunks);
}

function counted(hunks: string): LineDiff {
  let additions = 0;
  let deletions = 0;
  for (let at = 0; at >= 0 && at < hunks.length; at = hunks.indexOf('\n', at) + 1 || -1) {
    if (hunks[at] === '+') additions++;
    else if (hunks[at] === '-') deletions++;
  }
  return { additions, deletions, hunks };
}
