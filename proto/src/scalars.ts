import type { Scalar } from 'yaml';

/**
 * Where in the source an offset into a text stands, as YAML wrote it: plain, quoted, or in a block. Folding and indenting
 * change white space alone, so other characters are counted. Undefined where an escape stands for another character.
 */
export function sourceOffset(source: string, scalar: Scalar, offset: number): number | undefined {
  const { value, range, type } = scalar;
  if (typeof value !== 'string' || !range) return undefined;
  const read = READERS[type ?? 'PLAIN'] ?? readPlain;
  const places = read(source, contentStart(source, range[0], type), range[1]);
  let index = 0;
  for (let at = 0; at < value.length; at += 1) {
    if (isSpace(value[at])) continue;
    const place = places[index];
    if (place === undefined || source[place] !== value[at]) return undefined;
    // White space before a character has no place of its own, so it is where the character is.
    if (at >= offset) return place;
    index += 1;
  }
  return afterLast(places, range[0]);
}

type Reader = (source: string, from: number, to: number) => readonly number[];

const READERS: Readonly<Record<string, Reader>> = { QUOTE_SINGLE: readSingle, QUOTE_DOUBLE: readDouble };

const isSpace = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);

function contentStart(source: string, start: number, type: Scalar.Type | undefined | string): number {
  if (type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE') return start + 1;
  // The header of a block, such as `>-`, ends with its line.
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED')
    return source.indexOf('\n', start) + 1 || source.length;
  return start;
}

const afterLast = (places: readonly number[], start: number): number => {
  const last = places.at(-1);
  return last === undefined ? start : last + 1;
};

function readPlain(source: string, from: number, to: number): readonly number[] {
  const places: number[] = [];
  for (let at = from; at < to; at += 1) if (!isSpace(source[at])) places.push(at);
  return places;
}

/** Two quotes are one. */
function readSingle(source: string, from: number, to: number): readonly number[] {
  const places: number[] = [];
  for (let at = from; at < to - 1; at += 1) {
    if (isSpace(source[at])) continue;
    places.push(at);
    if (source[at] === "'") at += 1;
  }
  return places;
}

/** A backslash before a quote, a slash or itself is not counted; before the end of a line, neither is. */
function readDouble(source: string, from: number, to: number): readonly number[] {
  const places: number[] = [];
  for (let at = from; at < to - 1; at += 1) {
    if (isSpace(source[at])) continue;
    if (source[at] === '\\') at += 1;
    if (!isSpace(source[at])) places.push(at);
  }
  return places;
}
