import { DrylaneError } from '@drylane/proto/errors';
import type { Redactor } from '../redact/redact.ts';
import { visible } from '../redact/visible.ts';

/** What a log line holds, after cleaning. */
export type Clean = null | boolean | number | string | readonly Clean[] | { readonly [key: string]: Clean };

/** The most characters of one text in a log line. */
export const MAX_TEXT = 8192;
/** The most entries of one list or mapping. */
export const MAX_ENTRIES = 100;
/** How deep lists, mappings and causes may lie in one another. */
export const MAX_DEPTH = 6;
/** About how many characters a line's fields have at most: what comes after so many is left out. */
export const MAX_LINE = 65_536;

// Of a text that is cut, so much is looked at beyond what is kept: a secret that the cut divides is not seen whole.
const MARGIN = 4096;

/** How much of a name's end is read together with what stands under it. */
const MAX_NAME = 128;

// What a value costs of them that has no text.
const VALUE_COST = 16;

interface Walk {
  readonly redactor: Redactor;
  left: number;
}

/**
 * Turns fields with any values into what a log line may hold: secrets taken out of every text, name and number,
 * control characters shown as escapes, everything bounded. What stands under a name is judged together with it.
 * @throws what a getter or a proxy among the values throws.
 */
export function cleanFields(fields: object, redactor: Redactor): { readonly [key: string]: Clean } {
  return cleanEntries(Object.entries(fields), 0, { redactor, left: MAX_LINE });
}

/** A text without secrets and control characters, cut where it is too long. Its name may tell that it is one. */
function cleanText(name: string, text: string, redactor: Redactor): string {
  const looked = text.slice(0, MAX_TEXT + MARGIN);
  const scrubbed = scrubUnder(name.slice(-MAX_NAME), redactor.text(looked).text, redactor);
  if (looked.length === text.length && scrubbed.length <= MAX_TEXT) return visible(scrubbed);
  const end = looked.length < text.length ? scrubbed.length - MARGIN : MAX_TEXT;
  const kept = scrubbed.slice(0, Math.max(0, Math.min(MAX_TEXT, end)));
  return `${visible(kept)}… (${text.length} characters)`;
}

function scrubUnder(name: string, text: string, redactor: Redactor): string {
  if (name === '') return text;
  const start = `${name}=`;
  const together = redactor.text(`${start}${text}`).text;
  return together.startsWith(start) ? together.slice(start.length) : together;
}

function cleanValue(value: unknown, name: string, depth: number, walk: Walk): Clean {
  walk.left -= VALUE_COST + name.length + (typeof value === 'string' ? Math.min(value.length, MAX_TEXT) : 0);
  if (walk.left < 0) return '(left out)';
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return cleanText(name, value, walk.redactor);
  if (typeof value === 'number' || typeof value === 'bigint') return cleanNumber(name, value, walk.redactor);
  if (typeof value !== 'object') return `(${typeof value})`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '(no date)' : value.toISOString();
  if (value instanceof URL) return cleanText(name, value.href, walk.redactor);
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (depth >= MAX_DEPTH) return '(too deep)';
  if (value instanceof Error) return cleanEntries(entriesOfFault(value), depth, walk);
  if (Array.isArray(value)) return cleanList(value, name, depth, walk);
  if (value instanceof Set) return cleanList([...value], name, depth, walk);
  if (value instanceof Map)
    return cleanEntries(
      [...value].map(([key, entry]) => [String(key), entry]),
      depth,
      walk,
    );
  return cleanEntries(Object.entries(value), depth, walk);
}

// A known secret may consist of digits, and be read as a number on its way here.
function cleanNumber(name: string, value: number | bigint, redactor: Redactor): Clean {
  const text = String(value);
  const cleaned = text.length < 6 ? text : cleanText(name, text, redactor);
  if (cleaned !== text || typeof value === 'bigint') return cleaned;
  return Number.isFinite(value) ? value : text;
}

function cleanList(values: readonly unknown[], name: string, depth: number, walk: Walk): Clean {
  const cleaned = values.slice(0, MAX_ENTRIES).map((value) => cleanValue(value, name, depth + 1, walk));
  const more = values.length - cleaned.length;
  return more === 0 ? cleaned : [...cleaned, `(${more} more)`];
}

function cleanEntries(
  entries: readonly (readonly [string, unknown])[],
  depth: number,
  walk: Walk,
): { readonly [key: string]: Clean } {
  const cleaned = entries
    .filter(([, value]) => value !== undefined)
    .slice(0, MAX_ENTRIES)
    .map(([key, value]): [string, Clean] => [
      cleanText('', key, walk.redactor),
      cleanValue(value, key, depth + 1, walk),
    ]);
  const more = entries.length - MAX_ENTRIES;
  return Object.fromEntries(more > 0 ? [...cleaned, ['…', `${more} more`]] : cleaned);
}

/** What of a fault helps to find it: of ours, the code and the problems; of any other, where it was thrown. */
function entriesOfFault(fault: Error): [string, unknown][] {
  const cause: [string, unknown] = ['cause', fault.cause];
  if (fault instanceof DrylaneError) return [['code', fault.code], ['problems', fault.problems], cause];
  const code = 'code' in fault ? fault.code : undefined;
  return [['name', fault.name], ['message', fault.message], ['code', code], ['stack', fault.stack], cause];
}
