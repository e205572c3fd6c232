import { buildAutomaton } from './automaton.ts';
import { type KnownForm, type KnownSecret, knownForms } from './known.ts';
import { AHEAD, BEHIND, compileRule, type Matcher, runEnd, secretsAt } from './match.ts';
import { MAX_BACK } from './rule.ts';
import { RULES } from './rules.ts';

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
  /** Everything that starts before this was decided; the rest needs more bytes. */
  readonly decided: number;
  /** Buffer length at which it is worth to look again. */
  readonly wanted: number;
}

/** Looks for secrets in bytes that may go on. */
export interface Finder {
  /** Spans that begin at a keyword at or after `from`; `ended` says that no more bytes come. */
  find(bytes: Buffer, from: number, ended: boolean): Findings;
}

/** Bytes before an undecided one that later decisions may still depend on or cover. */
export const RETAIN = MAX_BACK + BEHIND;

const STEP = 4096;
// A known value is found by its first bytes, then compared: the automaton stays small whatever the values.
const KNOWN_PREFIX = 16;

type Target = { readonly matcher: Matcher; readonly rank: number } | { readonly known: KnownForm };

/** One look at some bytes, as text with a character for each. */
interface Search {
  readonly bytes: Buffer;
  readonly text: string;
  readonly run: (from: number) => number;
  readonly spans: Span[];
}

/** Prepares the rules and the known values. Takes milliseconds: make one and keep it. */
export function createFinder(known: readonly KnownSecret[]): Finder {
  const forms = knownForms(known);
  const targets: Target[] = [];
  const words: Buffer[] = [];
  for (const form of forms) {
    targets.push({ known: form });
    words.push(form.bytes.subarray(0, KNOWN_PREFIX));
  }
  RULES.forEach((rule, index) => {
    const matcher = compileRule(rule);
    for (const keyword of rule.keywords) {
      targets.push({ matcher, rank: index + 1 });
      words.push(Buffer.from(keyword, 'latin1'));
    }
  });
  const automaton = buildAutomaton(words);

  return {
    find(bytes, from, ended) {
      const search: Search = { bytes, text: bytes.toString('latin1'), run: runMemo(bytes), spans: [] };
      let decided = ended ? bytes.length : Math.max(from, bytes.length - automaton.longest + 1);
      let wanted = decided + STEP;
      automaton.scan(bytes, from, (word, start) => {
        const target = targets[word];
        if (target === undefined) return;
        const needed = start + reachOf(target);
        if (needed > bytes.length && !ended) {
          if (start >= decided) return;
          decided = start;
          wanted = Math.max(needed, bytes.length + 1);
          return;
        }
        collect(target, search, start);
      });
      return { spans: search.spans, decided, wanted };
    },
  };
}

function reachOf(target: Target): number {
  return 'known' in target ? target.known.bytes.length : target.matcher.reach + AHEAD;
}

function collect(target: Target, { bytes, text, run, spans }: Search, start: number): void {
  if ('known' in target) {
    const end = start + target.known.bytes.length;
    if (end <= bytes.length && target.known.bytes.compare(bytes, start, end) === 0)
      spans.push({ start, end, rank: 0, kind: target.known.kind, live: false });
    return;
  }
  const { kind, runs } = target.matcher.rule;
  for (const range of secretsAt(target.matcher, text, start)) {
    const end = runs ? run(range.end) : range.end;
    spans.push({
      start: range.start,
      end,
      rank: target.rank,
      kind,
      live: runs === true && end === bytes.length,
    });
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
