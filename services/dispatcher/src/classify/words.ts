import type { HereDocBody, Word, WordPart } from 'unbash';
import { type Names, valueAt } from './bindings.ts';
import type { Arg, Span } from './model.ts';

/** Turns offsets of the text being read into a span of the original command. */
export interface Place {
  readonly shift: number | null;
  /** Used where the text being read is not, character for character, part of the original. */
  readonly whole: Span;
}

/** The span in the original command of `[pos, end)` in the text being read, never outside that text. */
export function locate({ shift, whole }: Place, pos: number, end: number): Span {
  // The parser counts a backslash at the very end as two characters.
  return shift === null ? whole : [Math.min(pos + shift, whole[1]), Math.min(end + shift, whole[1])];
}

interface Draft {
  text: string;
  literal: boolean;
  glob: boolean;
  variables: string[];
  substitution: boolean;
  disguised: boolean;
  splits: boolean;
}

const draft = (): Draft => ({
  text: '',
  literal: true,
  glob: false,
  variables: [],
  substitution: false,
  disguised: false,
  splits: false,
});

/** The arguments a word becomes: one, or several where an unquoted variable of known value holds blanks. */
export function readWord(word: Word, names: Names, place: Place): Arg[] {
  const into = draft();
  const parts = word.parts;
  if (parts === undefined) {
    into.text = word.value;
    into.disguised = /[^\\]\\[A-Za-z0-9]/.test(word.text) || /\\\n/.test(word.text);
  } else {
    addParts(into, parts, names);
    into.disguised ||= quotesWithin(parts);
  }
  const span = locate(place, word.pos, word.end);
  const base = { ...into, span, offset: null };
  if (into.splits && /\s/.test(into.text))
    return into.text
      .split(/\s+/)
      .filter((t) => t !== '')
      .map((text) => arg({ ...base, text }));
  const inner = innerOffset(word);
  return [arg({ ...base, offset: inner === null || place.shift === null ? null : inner + place.shift })];
}

/** A word read as one argument, whatever its variables hold. */
export function readOne(word: Word, names: Names, place: Place): Arg {
  const [first, ...more] = readWord(word, names, place);
  const empty = { ...draft(), span: locate(place, word.pos, word.end), offset: null };
  if (first === undefined) return arg(empty);
  return more.length === 0 ? first : { ...first, text: [first, ...more].map((a) => a.text).join(' ') };
}

/** The body of a here-document as one argument. */
export function readBody(body: HereDocBody, names: Names, place: Place): Arg {
  const into = draft();
  if (body.parts === undefined) into.text = body.text;
  else addParts(into, body.parts, names);
  const whole = into.literal && into.text === body.text;
  const offset = whole && place.shift !== null ? body.pos + place.shift : null;
  return arg({ ...into, span: locate(place, body.pos, body.end), offset });
}

const arg = ({ text, literal, glob, variables, substitution, disguised, span, offset }: Arg): Arg => ({
  text,
  literal,
  glob,
  variables,
  substitution,
  disguised,
  span,
  offset,
});

function addParts(into: Draft, parts: readonly WordPart[], names: Names): void {
  for (const part of parts) addPart(into, part, names);
}

function addPart(into: Draft, part: WordPart, names: Names): void {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
      into.text += part.value;
      return;
    case 'AnsiCQuoted':
      into.text += part.value;
      into.disguised ||= /\\[xuU0-7]/.test(part.text);
      return;
    case 'DoubleQuoted':
    case 'LocaleString': {
      const splits = into.splits;
      addParts(into, part.parts, names);
      into.splits = splits;
      return;
    }
    case 'Glob':
    case 'ExtendedGlob':
      into.text += part.text;
      into.glob = true;
      return;
    case 'BraceExpansion':
      into.text += part.text;
      into.glob = true;
      into.disguised = true;
      return;
    case 'SimpleExpansion':
      addVariable(into, part.text.replace(/^\$/, ''), part, names);
      return;
    case 'ParameterExpansion':
      addParameter(into, part, names);
      return;
    case 'ArithmeticExpansion':
      into.text += '0';
      return;
    case 'CommandExpansion':
    case 'ProcessSubstitution':
      into.text += part.text;
      into.literal = false;
      into.substitution = true;
  }
}

type Parameter = Extract<WordPart, { type: 'ParameterExpansion' }>;

function addParameter(into: Draft, part: Parameter, names: Names): void {
  const { operation, parameter, prefix, index, text } = part;
  if (prefix === '#') {
    into.text += '0';
    return;
  }
  if (operation === undefined && prefix === undefined && index === undefined) {
    addVariable(into, parameter, part, names);
    return;
  }
  const fallback =
    operation?.type === 'Default' && operation.operator.includes('-') ? operation.operand : null;
  if (fallback !== null && !names.assigned.has(parameter) && fallback.parts === undefined) {
    into.text += fallback.value;
    into.literal = false;
    return;
  }
  // `${X:?}` stops the shell when X is empty: the path cannot collapse to what follows it.
  const guarded = operation?.type === 'Default' && operation.operator === ':?';
  into.text += text;
  into.literal = false;
  if (!guarded) into.variables.push(parameter);
}

function addVariable(into: Draft, name: string, part: { text: string; pos: number }, names: Names): void {
  const value = valueAt(names, name, part.pos);
  if (value !== null) {
    into.text += value;
    into.splits = true;
    into.glob ||= /[*?[]/.test(value);
    return;
  }
  into.text += part.text;
  into.literal = false;
  if (/^[A-Za-z_0-9@*]/.test(name)) into.variables.push(name);
}

/** `r''m`, `r"m"`: a quoted part with letters directly at its side, in a word that needs no quotes. */
function quotesWithin(parts: readonly WordPart[]): boolean {
  return parts.some((part, i) => {
    if (part.type !== 'SingleQuoted' && part.type !== 'DoubleQuoted') return false;
    if (!/^.[A-Za-z0-9]{0,8}.$/.test(part.text)) return false;
    const [before, after] = [parts[i - 1], parts[i + 1]];
    return (
      (before?.type === 'Literal' && /^[A-Za-z]+$/.test(before.text)) ||
      (after?.type === 'Literal' && /^[A-Za-z]+$/.test(after.text) && before === undefined)
    );
  });
}

/** Where the value starts in the text, when it stands there unchanged between one pair of quotes. */
function innerOffset({ parts, text, value, pos }: Word): number | null {
  if (text === value && (parts === undefined || parts.every((p) => p.type === 'Literal'))) return pos;
  const [only, more] = parts ?? [];
  if (only === undefined || more !== undefined) return null;
  if (only.type !== 'SingleQuoted' && only.type !== 'DoubleQuoted') return null;
  return text.slice(1, -1) === value ? pos + 1 : null;
}
