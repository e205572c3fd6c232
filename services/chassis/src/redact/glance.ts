import { EFFORT } from './effort.ts';
import type { Glance } from './rule.ts';

/** Whether a name says that what it holds is a secret. */
export type JudgeName = (name: string) => boolean;

// A name has at most so many bytes from the keyword on, and a rule sees as many before it.
const NAME_AHEAD = 50;
const NAME_BEHIND = 64;
const SPACES = 16;
const LEAST_VALUE = 4;
// Names repeat. Those of a text that was made to have none twice cost more, and are forgotten.
const REMEMBERED = 512;

/** How a value may begin. */
export type ValueForm = 'quoted' | 'bare' | 'either';

/** Makes the look for `name = value`. */
export function glanceAtAssignment(form: ValueForm, judge: JudgeName): Glance {
  const names = new Map<string, boolean>();
  return (text, keyword) => {
    let end = keyword;
    while (end - keyword <= NAME_AHEAD && isNameByte(text.charCodeAt(end))) end += 1;
    if (end - keyword > NAME_AHEAD) return EFFORT.glanced;
    const value = valueAfter(text, end);
    if (value < 0 || !begins(form, text, value)) return EFFORT.glanced;
    let start = keyword;
    while (keyword - start < NAME_BEHIND && isNameByte(text.charCodeAt(start - 1))) start -= 1;
    const name = text.slice(start, end);
    const known = names.get(name);
    if (known !== undefined) return known ? 0 : EFFORT.glanced;
    if (names.size >= REMEMBERED) names.clear();
    const secret = judge(name);
    names.set(name, secret);
    return secret ? 0 : EFFORT.judged;
  };
}

/** Where the value may begin that is given to a name which ends at `end`; -1 where nothing is. */
function valueAfter(text: string, end: number): number {
  let at = end;
  // What closes a quoted name, or an index.
  while (at - end < 4 && '\\"\'`])'.includes(text.charAt(at))) at += 1;
  at = pastSpace(text, at);
  if (text.startsWith('value=', at) && at > end) at += 5;
  const sign = at;
  while (at - sign < 4 && ':=?+>,'.includes(text.charAt(at)) && at < text.length) at += 1;
  return at === sign ? -1 : pastSpace(text, at);
}

function pastSpace(text: string, from: number): number {
  let at = from;
  while (at - from < SPACES && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) at += 1;
  return at;
}

function begins(form: ValueForm, text: string, at: number): boolean {
  return (form !== 'bare' && isQuoted(text, at)) || (form !== 'quoted' && isBare(text, at));
}

function isQuoted(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x22 || code === 0x27 || code === 0x60 || code === 0x5c;
}

function isBare(text: string, at: number): boolean {
  for (let i = at; i < at + LEAST_VALUE; i++) {
    const code = text.charCodeAt(i);
    if (Number.isNaN(code) || code <= 32 || '"\'`\\<>,;&(){}[]|'.includes(text.charAt(i))) return false;
  }
  return true;
}

function isNameByte(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 0x5f ||
    code === 0x2d ||
    code === 0x2e
  );
}
