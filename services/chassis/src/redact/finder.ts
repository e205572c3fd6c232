import { type Automaton, buildAutomaton } from './automaton.ts';
import { countEffort, type Effort, SPILLOVER, WINDOW } from './effort.ts';
import type { KnownSecret } from './known.ts';
import { AHEAD, BEHIND, compileRule, type Matcher, runEnd, secretsAt } from './match.ts';
import { MAX_BACK } from './rule.ts';
import { RULES } from './rules.ts';
import { createSeeker, FOLLOWED_BACK } from './seek.ts';
import type { Sighting } from './sighting.ts';

/** A secret found: half-open byte range, and the lower the rank, the better it is known. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly rank: number;
  readonly kind: string;
  /** It reached the end of what was there, and may go on: {@link extend} it when more has come. */
  readonly live: boolean;
}

/** What {@link Finder.find} saw. */
export interface Findings {
  readonly spans: readonly Span[];
  /** Known values, whatever rule saw them as well; those of all calls are in the order of their anchors. */
  readonly known: readonly Sighting[];
  /** Everything that starts before this was decided; the rest needs more bytes. */
  readonly decided: number;
  /** Buffer length at which it is worth to look again. */
  readonly wanted: number;
}

/** Looks for secrets in bytes that may go on. */
export interface Finder {
  /**
   * Spans that begin at a keyword at or after `from`; `ended` says that no more bytes come, `origin` how many came
   * before these. `from` is 0 or what was decided last.
   */
  find(bytes: Buffer, from: number, ended: boolean, origin: number): Findings;
}

/** Bytes before an undecided one that a secret found there may cover. */
export const HOLD = Math.max(MAX_BACK, FOLLOWED_BACK);

/** Bytes before those that later decisions may still depend on. */
export const RETAIN = HOLD + BEHIND;

const STEP = 4096;

/** The rules made ready, for any number of finders; nothing in it changes what it finds. */
export interface PreparedRules {
  readonly automaton: Automaton;
  readonly targets: readonly Target[];
}

interface Target {
  readonly matcher: Matcher;
  readonly rank: number;
}

/** Prepares `RULES`. Takes milliseconds: make it once. */
export function prepareRules(): PreparedRules {
  const targets = RULES.flatMap((rule, index) => {
    const target = { matcher: compileRule(rule), rank: index + 1 };
    return rule.keywords.map(() => target);
  });
  const words = RULES.flatMap((rule) => rule.keywords.map((keyword) => Buffer.from(keyword, 'latin1')));
  return { automaton: buildAutomaton(words), targets };
}

/** One look at some bytes, as text with a character for each. */
interface Search {
  readonly bytes: Buffer;
  readonly text: string;
  readonly run: (from: number) => number;
  readonly effort: Effort;
  /** With where the keyword stands that each was found at. */
  readonly spans: (Span & { readonly keyword: number })[];
}

/** Looks for known values and for what the rules say. */
export function createFinder(known: readonly KnownSecret[], { automaton, targets }: PreparedRules): Finder {
  const seeker = createSeeker(known);
  return {
    find(bytes, from, ended, origin) {
      const search = searchOf(bytes, origin);
      const sightings = seeker.find(bytes, from, ended);
      let decided = ended ? bytes.length : Math.max(from, bytes.length - automaton.longest + 1);
      let wanted = decided + STEP;
      if (sightings.decided < decided) ({ decided, wanted } = sightings);
      const waitFor = (needed: number, undecided: number): void => {
        if (undecided >= decided) return;
        decided = undecided;
        wanted = Math.max(needed, bytes.length + 1);
      };
      automaton.scan(bytes, from, (word, start) => {
        const target = targets[word];
        if (target === undefined || start >= decided || !search.effort.allows(start)) return;
        const needed = start + target.matcher.reach + AHEAD;
        if (needed > bytes.length && !ended) waitFor(needed, start);
        else collect(target, search, start);
      });
      const covers = search.effort.exhausted();
      for (const window of covers) {
        const needed = window + WINDOW + SPILLOVER;
        if (needed > bytes.length && !ended) waitFor(needed, window);
      }
      // A window is decided as a whole, so that what its rules cost does not depend on the chunks it comes in.
      if (!ended) {
        decided = Math.max(from, search.effort.windowOf(decided));
        wanted = Math.max(wanted, decided + WINDOW + STEP);
      }
      const spans: Span[] = search.spans.filter(({ keyword }) => keyword < decided);
      spans.push(...covers.filter((at) => at < decided).map((at) => unsearchable(at, bytes)));
      // What lies beyond is seen again when more has come.
      const seen = sightings.found.filter(({ anchor }) => anchor < decided);
      return { spans: [...spans, ...seen.map(spanOf)], known: seen, decided, wanted };
    },
  };
}

function searchOf(bytes: Buffer, origin: number): Search {
  const text = bytes.toString('latin1');
  return { bytes, text, run: runMemo(bytes), effort: countEffort(origin), spans: [] };
}

// After every rule: a window that a known kind of secret was seen in is named by that.
const LAST_RANK = 1_000_000;

/** What is taken out in the place of a window that cost too much. */
export function unsearchable(window: number, bytes: Uint8Array): Span {
  const end = Math.min(bytes.length, window + WINDOW + SPILLOVER);
  const start = Math.max(0, window - MAX_BACK);
  return { start, end, rank: LAST_RANK, kind: 'unsearchable', live: end === bytes.length };
}

/** Ranks a known value before any rule, and a whole one before a part, which other values may have as well. */
function spanOf({ start, end, kind, partial }: Sighting): Span {
  return { start, end, rank: partial ? 0.5 : 0, kind, live: false };
}

function collect({ matcher, rank }: Target, search: Search, keyword: number): void {
  const { kind, runs } = matcher.rule;
  const { effort, ranges } = secretsAt(matcher, search.text, keyword);
  search.effort.spend(keyword, effort);
  for (const { start, end: stop } of ranges) {
    const end = runs ? search.run(stop) : stop;
    const live = runs === true && end === search.bytes.length;
    search.spans.push({ start, end, rank, kind, live, keyword });
  }
}

/** {@link runEnd} with a memory of one run, so that many secrets in one long run do not each walk all of it. */
function runMemo(bytes: Uint8Array): (from: number) => number {
  let start = 0;
  let end = -1;
  return (from) => {
    if (from < start || from > end) {
      start = from;
      end = runEnd(bytes, from);
    }
    return end;
  };
}

/** A live span, now that more bytes have come. */
export function extend(span: Span, bytes: Uint8Array): Span {
  if (!span.live) return span;
  const end = runEnd(bytes, span.end);
  return { ...span, end, live: end === bytes.length };
}

/** Spans that overlap made one, named by the best known of them; in order. Touching ones stay apart. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) {
      merged.push(span);
      continue;
    }
    const name = isBetter(span, last) ? span : last;
    const end = Math.max(last.end, span.end);
    merged[merged.length - 1] = { ...name, start: last.start, end, live: last.live || span.live };
  }
  return merged;
}

function isBetter(a: Span, b: Span): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.kind < b.kind);
}
