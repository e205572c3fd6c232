import { costOfMatch, costOfTrial, EFFORT } from './effort.ts';
import { entropy, isPlaceholder } from './plausible.ts';
import { DEFAULT_REACH, type Found, type Glance, type Rule } from './rule.ts';

/** Half-open: bytes from `start` to before `end` are a secret. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Bytes before a match that a decision may depend on. */
export const BEHIND = 64;

/** Bytes after a rule's reach that a decision may depend on. */
export const AHEAD = 8;

/** A rule made ready, with regular expressions of its own: theirs is the only state. */
export interface Matcher {
  readonly rule: Rule;
  readonly reach: number;
  readonly pattern: RegExp;
  readonly each: RegExp | undefined;
  readonly glance: Glance | undefined;
}

/** What a rule sees at one keyword, and what it cost to look. */
export interface Look {
  readonly effort: number;
  readonly ranges: readonly Range[];
}

/** Prepares a rule for {@link secretsAt}. */
export function compileRule(rule: Rule): Matcher {
  const flags = rule.pattern.ignoreCase ? 'dyi' : 'dy';
  return {
    rule,
    reach: rule.reach ?? DEFAULT_REACH,
    pattern: new RegExp(rule.pattern.source, flags),
    each: rule.each && new RegExp(rule.each.source, 'dg'),
    glance: rule.glance?.(),
  };
}

/**
 * The secrets that a rule sees where one of its keywords stands. The answer depends on nothing but the text
 * from {@link BEHIND} characters before `keyword` to {@link AHEAD} after the rule's reach.
 */
export function secretsAt(matcher: Matcher, text: string, keyword: number): Look {
  const { rule, reach, pattern } = matcher;
  const start = Math.max(0, keyword - (rule.back ?? 0));
  if (rule.edges !== 'inside' && !isLeftEdge(text, start)) return PASSED;
  const glanced = matcher.glance?.(text, keyword) ?? 0;
  if (glanced > 0) return { effort: glanced, ranges: [] };
  pattern.lastIndex = 0;
  const match = pattern.exec(text.slice(start, keyword + reach));
  if (match === null) return { effort: costOfTrial(strayed(rule, text, keyword)), ranges: [] };
  const [from, to] = match.indices?.groups?.secret ?? match.indices?.[0] ?? [0, 0];
  const range = { start: start + from, end: start + to };
  const good = to > from && isSecret(rule, text, { start, range, groups: match.groups ?? {} });
  return { effort: costOfMatch(to - from), ranges: good ? split(matcher, range, text) : [] };
}

const PASSED: Look = { effort: EFFORT.glanced, ranges: [] };

/** The most bytes that a pattern looked at in vain. */
function strayed({ strays }: Rule, text: string, keyword: number): number {
  if (strays === undefined) return 0;
  const newline = text.slice(keyword, keyword + strays).indexOf('\n');
  return newline < 0 ? strays : newline;
}

interface Taken {
  readonly start: number;
  readonly range: Range;
  readonly groups: Readonly<Record<string, string | undefined>>;
}

/** Whether what a rule's pattern took passes its other conditions, too. */
function isSecret(rule: Rule, text: string, { start, range, groups }: Taken): boolean {
  const secret = text.slice(range.start, range.end);
  if (rule.edges !== 'inside' && !rule.runs && isWordByte(text, range.end)) return false;
  if (rule.entropy !== undefined && entropy(secret) < rule.entropy) return false;
  if (rule.check === undefined) return !isPlaceholder(secret);
  const found: Found = {
    secret,
    before: text.slice(Math.max(0, start - BEHIND), start),
    lead: text.slice(start, range.start),
    after: text.slice(range.end, range.end + AHEAD),
    groups,
  };
  return rule.check(found);
}

function split({ each }: Matcher, range: Range, text: string): readonly Range[] {
  if (each === undefined) return [range];
  const secret = text.slice(range.start, range.end);
  return [...secret.matchAll(each)].map((match) => {
    const [from, to] = match.indices?.groups?.secret ?? [0, secret.length];
    return { start: range.start + from, end: range.start + to };
  });
}

/** Whether a word may start there: colour codes, escaped newlines and percent codes before it are no part of it. */
function isLeftEdge(text: string, start: number): boolean {
  const previous = text.charCodeAt(start - 1);
  if (!isAlphanumeric(previous)) return true;
  if (text[start - 2] === '\\' || text[start - 3] === '%') return true;
  if (text[start - 4] === '\\' || text[start - 6] === '\\')
    return /\\(?:x..|u....)$/.test(text.slice(start - 6, start));
  return previous === 0x6d && /\x1b\[[0-9;]*m$/.test(text.slice(Math.max(0, start - 16), start));
}

/** The end of the run of base64 (URL-safe or not), dots and tildes that goes on at `from`; see `Rule.runs`. */
export function runEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isRunByte(bytes[at] ?? 0)) at += 1;
  return at;
}

function isRunByte(code: number): boolean {
  return isAlphanumeric(code) || '+/=_-.~'.includes(String.fromCharCode(code));
}

function isWordByte(text: string, at: number): boolean {
  return isAlphanumeric(text.charCodeAt(at)) || text[at] === '_';
}

function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
